import { z } from 'zod';
import { ControlPlaneError } from '../../runtime/errors.ts';
import { problemsOf } from '../../runtime/problems.ts';

const text = z.string().min(1).max(1024);
/** Servers write ISO text or Unix milliseconds. */
const time = z
  .union([
    z.number(),
    z.iso
      .datetime({ offset: true, local: true })
      .or(z.iso.date())
      .transform((iso) =>
        Date.parse(/[Zz]|[+-]\d\d:?\d\d$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`),
      ),
  ])
  .nullish();

const airflowConfig = z.looseObject({
  scheduleInterval: z.string().max(200).nullish(),
  startDate: time,
  endDate: time,
  pipelineTimezone: z.string().max(100).nullish(),
  pausePipeline: z.boolean().nullish(),
  retries: z.int().min(0).max(100).nullish(),
  /** Seconds. */
  retryDelay: z.number().min(0).max(86_400).nullish(),
  /** Seconds. */
  workflowTimeout: z
    .number()
    .min(0)
    .max(7 * 86_400)
    .nullish(),
});

/** OpenMetadata's IngestionPipeline, with the members that a deployment needs; others pass. */
const ingestionPipeline = z.looseObject({
  id: text,
  name: text,
  displayName: z.string().nullish(),
  fullyQualifiedName: z.string().max(3072).nullish(),
  pipelineType: text,
  sourceConfig: z.looseObject({ config: z.record(z.string(), z.unknown()).nullish() }).nullish(),
  airflowConfig: airflowConfig.nullish(),
  loggerLevel: z.string().nullish(),
  enabled: z.boolean().nullish(),
  updatedAt: z.number().nullish(),
  service: z
    .looseObject({
      id: text.nullish(),
      type: text,
      name: text.nullish(),
      fullyQualifiedName: text.nullish(),
    })
    .nullish(),
  ingestionRunner: z.looseObject({ name: z.string().nullish() }).nullish(),
  openMetadataServerConnection: z
    .looseObject({ securityConfig: z.looseObject({ jwtToken: z.string().nullish() }).nullish() })
    .nullish(),
});

export type IngestionPipeline = z.infer<typeof ingestionPipeline>;

const testRequest = z
  .object({
    serviceName: z.string().nullish(),
    ingestionRunner: z.object({ name: z.string().nullish() }).nullish(),
  })
  .catch({});

/** Whose connection an automation tests: the names of its service and runner, if it has them. */
export function testedService(workflow: Readonly<Record<string, unknown>>): {
  readonly service: string;
  readonly runner: string | undefined;
} {
  const { serviceName, ingestionRunner } = testRequest.parse(workflow['request']);
  return { service: serviceName ?? '', runner: ingestionRunner?.name ?? undefined };
}

/** Throws INPUT_INVALID. The message has names of members and never values. */
export function parseIngestionPipeline(payload: unknown): IngestionPipeline {
  const parsed = ingestionPipeline.safeParse(payload);
  if (!parsed.success)
    throw new ControlPlaneError(
      'INPUT_INVALID',
      `the request is not an ingestion pipeline: ${problemsOf(parsed.error)}`,
      { remedy: 'Check that the server is an OpenMetadata of 1.8 to 2.0.' },
    );
  return parsed.data;
}

/** Throws INPUT_INVALID for a deployment without the token of a bot. */
export function botTokenOf({ openMetadataServerConnection }: IngestionPipeline): string {
  const token = openMetadataServerConnection?.securityConfig?.jwtToken ?? '';
  // Sent in a header later: a line break would split it.
  if (!/^[\x21-\x7E]{1,16384}$/.test(token))
    throw new ControlPlaneError('INPUT_INVALID', 'the deployment has no bot token', {
      remedy: 'Check the ingestion-bot in OpenMetadata’s settings: it must have a JWT token.',
    });
  return token;
}

/** What the store keeps of a deployment: everything but the server connection with its token. */
export function withoutToken({
  openMetadataServerConnection: _connection,
  ...kept
}: IngestionPipeline): Readonly<Record<string, unknown>> {
  return kept;
}
