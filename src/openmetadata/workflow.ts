import { z } from 'zod';

/** OpenMetadata's filterPattern: `type/filterPattern.json`. */
export const filterPatternSchema = z.strictObject({
  includes: z.array(z.string()).nullish(),
  excludes: z.array(z.string()).nullish(),
});
export type FilterPattern = z.infer<typeof filterPatternSchema>;

/** Needed for nothing but a sink, which is on a server that it names. */
const workflowConfigSchema = z.object({
  loggerLevel: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
  successThreshold: z.number().int().min(0).max(100).default(90),
  raiseOnError: z.boolean().default(true),
  openMetadataServerConfig: z.record(z.string(), z.unknown()).optional(),
});

/**
 * OpenMetadata's workflow document (metadataIngestion/workflow.json), as far as this runner acts on it. The
 * connection stays a plain object here: its connector validates it.
 */
export const workflowSchema = z.object({
  source: z.object({
    type: z.string(),
    serviceName: z
      .string()
      .min(1)
      .max(256)
      .regex(
        /^(?:(?!::).)*$/,
        'holds "::" or spans lines, which no name in OpenMetadata may: rename the service',
      ),
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
