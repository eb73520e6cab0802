import { z } from 'zod';

/** OpenMetadata's filterPattern: `type/filterPattern.json`. */
export const filterPatternSchema = z.strictObject({
  includes: z.array(z.string()).nullish(),
  excludes: z.array(z.string()).nullish(),
});
export type FilterPattern = z.infer<typeof filterPatternSchema>;

const workflowConfigSchema = z.object({
  loggerLevel: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
  successThreshold: z.number().int().min(0).max(100).default(90),
  raiseOnError: z.boolean().default(true),
  /** Used only by a sink. */
  openMetadataServerConfig: z.record(z.string(), z.unknown()).optional(),
});

/**
 * The fields of OpenMetadata's workflow document (metadataIngestion/workflow.json) that the runner
 * uses. The connection stays a plain object here: its connector validates it.
 */
export const workflowSchema = z.object({
  source: z.object({
    type: z.string(),
    serviceName: z
      .string()
      .min(1)
      .max(256)
      .regex(/^(?:(?!::).)*$/, 'must not contain "::" or span lines: rename the service'),
    serviceConnection: z.object({ config: z.record(z.string(), z.unknown()) }),
    sourceConfig: z.object({ config: z.record(z.string(), z.unknown()) }),
  }),
  sink: z
    .object({ type: z.string(), config: z.record(z.string(), z.unknown()).nullish() })
    .optional(),
  workflowConfig: z
    .union([workflowConfigSchema, z.null().transform(() => workflowConfigSchema.parse({}))])
    .prefault({}),
  ingestionPipelineFQN: z.string().optional(),
  pipelineRunId: z.string().optional(),
});
export type Workflow = z.infer<typeof workflowSchema>;
