import { z } from 'zod';
import { isRunId } from '../domain/ids.ts';
import { JOB_KINDS } from '../domain/job.ts';
import { LOG_LEVELS } from '../domain/record.ts';
import { isTraceparent } from '../domain/traceparent.ts';
import { isErrorCode } from './error-codes.ts';
import { failureSchema } from './failure-schema.ts';
import { figuresSchema } from './worker-figures.ts';

/** Messages between the link and a worker process. Both sides validate what they receive. */

const failure = failureSchema.strict();

const job = z.strictObject({
  ref: z.strictObject({
    runId: z.string().refine(isRunId),
    attempt: z.int().positive(),
    epoch: z.int().nonnegative(),
  }),
  kind: z.enum(JOB_KINDS),
  workflow: z.string(),
  deadlineMs: z.number().positive(),
  catalogRevision: z.string().optional(),
  signature: z.string().optional(),
  traceparent: z.string().refine(isTraceparent).optional(),
});

export const STOP_STATUSES = ['cancelled', 'expired', 'interrupted'] as const;
export type StopStatus = (typeof STOP_STATUSES)[number];

export const toWorkerSchema = z.discriminatedUnion('type', [
  /**
   * The first message, sent once. Spool segments grow to `segmentBytes`; the worker validates
   * `settings` itself.
   */
  z.strictObject({
    type: z.literal('start'),
    job,
    directory: z.string(),
    segmentBytes: z.int().positive(),
    settings: z.unknown(),
    paused: z.boolean(),
  }),
  /** When the lease ends, as uptime of the machine. The first one follows the start message. */
  z.strictObject({ type: z.literal('lease'), endsAt: z.number() }),
  z.strictObject({ type: z.literal('stop'), status: z.enum(STOP_STATUSES), reason: failure }),
  /** Whether to pause writing, because too many records wait for delivery. */
  z.strictObject({ type: z.literal('pause'), paused: z.boolean() }),
]);
export type ToWorker = z.infer<typeof toWorkerSchema>;

export const fromWorkerSchema = z.discriminatedUnion('type', [
  /** The process can receive messages. */
  z.strictObject({ type: z.literal('ready') }),
  /**
   * The last message of a process. Nothing handles it: once it is sent, all earlier messages are.
   */
  z.strictObject({ type: z.literal('flush') }),
  /**
   * Records up to `sequence` are fsynced, in `bytes` of segments. The next record goes to
   * `segment`. `complete`: the last one is the outcome.
   */
  z.strictObject({
    type: z.literal('durable'),
    sequence: z.int().nonnegative(),
    bytes: z.int().nonnegative(),
    segment: z.int().positive(),
    complete: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('progress'),
    progress: z.strictObject({
      phase: z.string(),
      done: z.number(),
      total: z.number(),
      apiCalls: z.number(),
    }),
  }),
  /** For metrics, every few seconds and at the end. */
  figuresSchema,
  /** What the worker is waiting for, for example DISK_FULL. No code: it is no longer waiting. */
  z.strictObject({ type: z.literal('condition'), code: z.string().refine(isErrorCode).optional() }),
  /** For the local log; redacted by the worker. */
  z.strictObject({
    type: z.literal('log'),
    level: z.enum(LOG_LEVELS),
    message: z.string(),
    data: z.record(z.string(), z.unknown()).optional(),
  }),
]);
export type FromWorker = z.infer<typeof fromWorkerSchema>;
