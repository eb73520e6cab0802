import { z } from '@hono/zod-openapi';
import { JOB_KINDS } from '../runs/job-kinds.ts';
import { WAIT_CODES } from '../runs/placement.ts';
import { RUN_STATES } from '../runs/run.ts';

/** Of runners. */
export const Name = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}"<>]+$/u, 'no control characters, quotes or angle brackets');

/** Of services and pipelines, which OpenMetadata knows by it: a runner refuses a job with another name as JOB_INVALID. */
const EntityName = Name.regex(
  /^(?:(?!::).)*$/,
  'holds "::" or spans lines, which no name in OpenMetadata may: choose another name',
);

export const ApiError = z
  .object({ error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }) })
  .openapi('Error');

const Time = z.number().int().openapi({ description: 'Unix time in milliseconds' });

export const EnrollmentRequest = z
  .object({
    token: z.string().min(1).max(512),
    publicKey: z
      .base64()
      .refine((text) => Buffer.from(text, 'base64').length === 32, 'not 32 bytes')
      .openapi({ description: 'Raw Ed25519 public key, 32 bytes in base64' }),
    name: Name,
    version: z.string().max(100),
    platform: z.string().max(200),
  })
  .openapi('EnrollmentRequest');

export const Enrolled = z
  .object({ runnerId: z.string(), name: z.string(), controlPlane: z.string() })
  .openapi('Enrolled');

export const TokenRequest = z
  .strictObject({
    name: Name.optional(),
    ttlSeconds: z
      .number()
      .int()
      .min(1)
      .max(7 * 86_400)
      .default(1800),
  })
  .openapi('EnrollmentTokenRequest');
export const Token = z.object({ token: z.string(), expiresAt: Time }).openapi('EnrollmentToken');

export const RunnerView = z
  .object({
    id: z.string(),
    name: z.string(),
    connected: z.boolean(),
    channel: z.enum(['ws', 'grpc']).nullable(),
    version: z.string(),
    platform: z.string(),
    capacity: z.number().int().nullable(),
    running: z.number().int().nullable(),
    draining: z.boolean(),
    drainReason: z
      .string()
      .nullable()
      .openapi({ description: 'Why it was asked to take no more work' }),
    condition: z.string().openapi({
      description: 'Why it had better get no work, or what is wrong with it; empty when healthy',
    }),
    conditionMessage: z
      .string()
      .openapi({ description: 'The condition in words, with what to do' }),
    spoolBytes: z.number().nullable(),
    lastSeenAt: Time.nullable(),
    enrolledAt: Time,
    revoked: z.boolean(),
  })
  .openapi('Runner');

/** What people see in place of the name, which never changes. */
const DisplayName = z.string().trim().min(1).max(256).nullable().optional();

export const ServiceRequest = z
  .strictObject({
    displayName: DisplayName,
    type: z.literal('Salesforce'),
    connection: z.record(z.string(), z.unknown()).openapi({
      description:
        'OpenMetadata’s connection configuration; secret fields hold secret:/… references only',
    }),
    runner: z
      .string()
      .min(1)
      .max(128)
      .nullable()
      .optional()
      .openapi({ description: 'Id or name of the runner that must do its runs' }),
  })
  .openapi('ServiceRequest');

export const ServiceView = z
  .object({
    name: z.string(),
    displayName: z.string().nullable(),
    type: z.string(),
    connection: z.record(z.string(), z.unknown()),
    runner: z.string().nullable(),
    updatedAt: Time,
  })
  .openapi('Service');

const MOST_DEADLINE_MS = 7 * 86_400_000;
const DEADLINE = {
  description:
    'Milliseconds that an attempt may run; 0 for the runner’s own limit. The shorter of the two holds',
};
const Deadline = z.number().int().min(0).max(MOST_DEADLINE_MS).openapi(DEADLINE);

/** How a run is started: in the query or in the body. */
export const StartQuery = z.strictObject({
  deadlineMs: z.coerce.number().int().min(0).max(MOST_DEADLINE_MS).optional().openapi(DEADLINE),
});
export const TestRequest = z
  .strictObject({ deadlineMs: Deadline.optional() })
  .openapi('TestRequest');
// Not an extension of the other: in OpenAPI that is allOf of two closed schemas, which nothing but {} fulfills.
export const StartRequest = z
  .strictObject({
    deadlineMs: Deadline.optional(),
    whole: z
      .boolean()
      .optional()
      .openapi({ description: 'Read and send everything, whatever was sent before' }),
  })
  .openapi('StartRequest');
export const DrainRequest = z
  .strictObject({ reason: z.string().min(1).max(500).default('asked by an operator') })
  .openapi('DrainRequest');

export const Settings = z
  .strictObject({
    keepRuns: z.number().int().min(0).max(1_000_000).openapi({
      description: 'Of how many of each service’s newest runs the records stay; 0 for all',
    }),
  })
  .openapi('Settings');

export const PipelineRequest = z
  .strictObject({
    displayName: DisplayName,
    service: EntityName,
    sourceConfig: z.record(z.string(), z.unknown()).default({}),
    loggerLevel: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
    deadlineMs: Deadline.default(0),
  })
  .openapi('PipelineRequest');

export const PipelineView = z
  .object({
    name: z.string(),
    displayName: z.string().nullable(),
    service: z.string(),
    sourceConfig: z.record(z.string(), z.unknown()),
    loggerLevel: z.string(),
    deadlineMs: z.number().int(),
    updatedAt: Time,
  })
  .openapi('Pipeline');

const JsonObject = z.record(z.string(), z.unknown());

const Step = z.object({
  name: z.string(),
  description: z.string(),
  passed: z.boolean(),
  mandatory: z.boolean(),
  message: z.string().nullable(),
  errorLog: z.string().nullable(),
  remedy: z.string().nullable(),
});

export const RunViewSchema = z
  .object({
    id: z.string(),
    kind: z.enum(JOB_KINDS),
    service: z.string(),
    pipeline: z.string().nullable(),
    runner: z.string().nullable(),
    runnerName: z.string().nullable(),
    state: z.enum(RUN_STATES),
    attempt: z.number().int(),
    maxAttempts: z.number().int().openapi({ description: 'After how many attempts the run fails' }),
    epoch: z.number().int(),
    cancelRequested: z.boolean(),
    queuedAt: Time,
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
    waiting: z
      .object({
        code: z.enum(WAIT_CODES),
        message: z.string(),
        remedy: z.string(),
        retryAt: Time.nullable().openapi({ description: 'When the next attempt may begin' }),
        since: Time.nullable().openapi({
          description: 'Since when no runner that could take it is there',
        }),
        endsAt: Time.nullable().openapi({ description: 'When the run ends if none comes' }),
      })
      .nullable()
      .openapi({ description: 'Why a queued run waits' }),
    lastFailure: z
      .object({ code: z.string(), message: z.string(), remedy: z.string() })
      .nullable()
      .openapi({ description: 'Why the attempt before this one was given up' }),
    progress: z
      .object({ phase: z.string(), done: z.number(), total: z.number(), apiCalls: z.number() })
      .nullable(),
    counts: z.record(z.string(), z.number()),
    entities: z.number().int().openapi({ description: 'Distinct entities of the final attempt' }),
    records: z
      .number()
      .int()
      .openapi({ description: 'Records of the final attempt, log and outcome included' }),
    wireBytes: z
      .number()
      .int()
      .openapi({ description: 'Payload bytes of the final attempt as received' }),
    channel: z.string().nullable(),
    testConnection: z
      .object({ status: z.enum(['Running', 'Successful', 'Failed']), steps: z.array(Step) })
      .nullable(),
    steps: z.array(JsonObject).openapi({ description: 'OpenMetadata’s stepSummary' }),
    failures: z.array(JsonObject),
    error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
    integrity: z.string().nullable().openapi({
      description: '"ok", or what is wrong with the records that are stored; null before the end',
    }),
    deadlineMs: z.number().int(),
    whole: z
      .boolean()
      .openapi({ description: 'Whether it was started to read and send everything' }),
    recordsKept: z
      .boolean()
      .openapi({ description: 'False when its records were deleted because newer runs came' }),
  })
  .openapi('Run');

export const LogLine = z
  .object({
    cursor: z.number().int(),
    attempt: z.number().int(),
    sequence: z.number().int(),
    time: z.number().nullable(),
    level: z.string(),
    message: z.string(),
    data: JsonObject.nullable(),
  })
  .openapi('LogLine');

export const Limit = (most: number, usual: number) =>
  z.coerce.number().int().min(1).max(most).default(usual);
export const Cursor = z.coerce.number().int().min(0).default(0);
export const NameParameter = z.object({
  name: EntityName.openapi({ param: { name: 'name', in: 'path' } }),
});
export const IdParameter = z.object({
  id: z
    .string()
    .min(1)
    .max(64)
    .openapi({ param: { name: 'id', in: 'path' } }),
});
