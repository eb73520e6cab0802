import { z } from 'zod';
import { isRunId } from '../domain/ids.ts';
import { JOB_KINDS } from '../domain/job.ts';
import { LOG_LEVELS } from '../domain/record.ts';
import { isErrorCode } from './error-codes.ts';

/** What the link and a worker process say to each other. Both sides check what they hear. */

const failure = z.strictObject({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  retryable: z.boolean(),
});

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
});

export const STOP_STATUSES = ['cancelled', 'expired', 'interrupted'] as const;
export type StopStatus = (typeof STOP_STATUSES)[number];

export const toWorkerSchema = z.discriminatedUnion('type', [
  /** The first message, once. Segments of the spool grow to `segmentBytes`; `settings` is for the worker's own composition to check. */
  z.strictObject({
    type: z.literal('start'),
    job,
    directory: z.string(),
    segmentBytes: z.int().positive(),
    settings: z.unknown(),
    paused: z.boolean(),
  }),
  /** Until when the attempt may be worked on, on the clock's uptime. The first follows the start. */
  z.strictObject({ type: z.literal('lease'), endsAt: z.number() }),
  z.strictObject({ type: z.literal('stop'), status: z.enum(STOP_STATUSES), reason: failure }),
  /** Whether to write nothing for now, because too much waits to be delivered. */
  z.strictObject({ type: z.literal('pause'), paused: z.boolean() }),
]);
export type ToWorker = z.infer<typeof toWorkerSchema>;

export const fromWorkerSchema = z.discriminatedUnion('type', [
  /** The process can be talked to. */
  z.strictObject({ type: z.literal('ready') }),
  /** Fsynced up to `sequence`, in `bytes` of segments; the next record goes to `segment`; `complete` when the last one is the outcome. */
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
  /** What the worker waits for, DISK_FULL for example; without a code when that has passed. */
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
