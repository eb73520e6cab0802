import { z } from '@hono/zod-openapi';
import { DEFAULT_POOL } from '../runners/pools.ts';
import { SERVICE_TYPES } from '../definitions/service-types.ts';
import { CHANNEL_KINDS } from '../link/wire.ts';

/** The name of a runner. */
export const Name = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}"<>]+$/u, 'must not contain control characters, quotes or angle brackets');

/** Short enough for a path of an address. */
export const Pool = z
  .string()
  .max(64)
  .regex(
    /^[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?$/,
    'must be lower-case letters, digits, hyphens, underscores and dots, for example eu-west',
  );

/**
 * The name of a service or pipeline, valid in OpenMetadata: a runner rejects a job with any other
 * as JOB_INVALID.
 */
const EntityName = Name.regex(
  /^(?:(?!::).)*$/,
  'contains "::" or a line break, which OpenMetadata does not allow in names; choose another name',
);

export const ApiError = z
  .object({ error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }) })
  .openapi('Error');

export const Time = z.number().int().openapi({ description: 'Unix time in milliseconds' });

export const EnrollmentRequest = z
  .object({
    token: z.string().min(1).max(512),
    publicKey: z
      .base64()
      .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes')
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
    pool: Pool.default(DEFAULT_POOL).openapi({ description: 'Pool of the runner' }),
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
    channel: z.enum(CHANNEL_KINDS).nullable(),
    version: z.string(),
    platform: z.string(),
    capacity: z.number().int().nullable(),
    running: z.number().int().nullable(),
    draining: z.boolean(),
    drainReason: z.string().nullable().openapi({ description: 'Why the runner drains' }),
    pool: z.string(),
    condition: z.string().openapi({
      description: 'Why the runner should get no runs, or the problem with it; empty when healthy',
    }),
    conditionMessage: z.string().openapi({ description: 'Explains the condition and the remedy' }),
    spoolBytes: z.number().nullable(),
    lastSeenAt: Time.nullable(),
    enrolledAt: Time,
    keySince: Time.openapi({ description: 'When the key of its identity was first used' }),
    revoked: z.boolean(),
    auditHead: z
      .object({ number: z.number().int(), receivedAt: Time })
      .nullable()
      .openapi({ description: 'The last head of its audit trail that it has sent' }),
    auditProblem: z.string().nullable().openapi({
      description: 'How its audit trail contradicts an earlier head; null once acknowledged',
    }),
  })
  .openapi('Runner');

export const AuditHeadView = z
  .object({
    number: z.number().int(),
    hash: z.string(),
    signature: z.string().openapi({ description: 'Ed25519, base64' }),
    publicKey: z.string().openapi({ description: 'That the signature is valid for, base64' }),
    receivedAt: Time,
    problem: z.string().nullable(),
    acknowledgedAt: Time.nullable(),
  })
  .openapi('AuditHead');

/** Shown instead of the name, which never changes. */
const DisplayName = z.string().trim().min(1).max(256).nullable().optional();

export const ServiceRequest = z
  .strictObject({
    displayName: DisplayName,
    type: z.enum(SERVICE_TYPES),
    connection: z.record(z.string(), z.unknown()).openapi({
      description:
        'OpenMetadata’s connection configuration; secret fields accept only secret:/… references',
    }),
    runner: z
      .string()
      .min(1)
      .max(128)
      .nullable()
      .optional()
      .openapi({ description: 'Id or name of the runner for all runs of the service' }),
    pool: Pool.nullable()
      .optional()
      .openapi({ description: 'Pool whose runners take the runs of the service; null for any' }),
  })
  .openapi('ServiceRequest');

const OriginView = z
  .object({ endpoint: z.string(), id: z.string() })
  .nullable()
  .openapi({ description: 'The OpenMetadata endpoint that manages it; null when managed here' });

export const ServiceView = z
  .object({
    name: z.string(),
    displayName: z.string().nullable(),
    type: z.string(),
    connection: z.record(z.string(), z.unknown()),
    runner: z.string().nullable(),
    pool: z.string().nullable(),
    origin: OriginView,
    updatedAt: Time,
  })
  .openapi('Service');

const MAX_DEADLINE_MS = 7 * 86_400_000;
const DEADLINE = {
  description:
    'Maximum duration of an attempt in milliseconds; 0 for the runner’s own limit. The shorter limit applies',
};
const Deadline = z.number().int().min(0).max(MAX_DEADLINE_MS).openapi(DEADLINE);

/** Start options may be in the query or in the body. */
export const StartQuery = z.strictObject({
  deadlineMs: z.coerce.number().int().min(0).max(MAX_DEADLINE_MS).optional().openapi(DEADLINE),
});
export const TestRequest = z
  .strictObject({ deadlineMs: Deadline.optional() })
  .openapi('TestRequest');
// Does not extend TestRequest: in OpenAPI that is allOf of two closed schemas, which only {}
// satisfies.
export const StartRequest = z
  .strictObject({
    deadlineMs: Deadline.optional(),
    fullRun: z
      .boolean()
      .optional()
      .openapi({ description: 'Full run: read and send everything, also what has not changed' }),
  })
  .openapi('StartRequest');
export const RunnerRequest = z.strictObject({ pool: Pool }).openapi('RunnerRequest');
export const DrainRequest = z
  .strictObject({ reason: z.string().min(1).max(500).default('requested by an operator') })
  .openapi('DrainRequest');

export const Settings = z
  .strictObject({
    keepRuns: z.number().int().min(0).max(1_000_000).openapi({
      description: 'Number of newest runs of each service whose records are kept; 0 for all',
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
    origin: OriginView,
    updatedAt: Time,
  })
  .openapi('Pipeline');

export const Limit = (max: number, usual: number) =>
  z.coerce.number().int().min(1).max(max).default(usual);
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
