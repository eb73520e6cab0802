import { z } from 'zod';
import {
  type AttemptRef,
  attemptKey,
  isAttemptKey,
  isRunId,
} from '../../../foundation/src/domain/ids.ts';
import { JOB_KINDS } from '../../../foundation/src/domain/job.ts';
import { LOG_LEVELS, OUTCOME_STATUSES } from '../../../foundation/src/domain/record.ts';
import { failureSchema } from '../../../foundation/src/runtime/failure-schema.ts';
import { processIdentitySchema } from '../../../foundation/src/runtime/processes.ts';

/** One file for each attempt. */
export const HISTORY_DIRECTORY = 'runs';
/** Likewise, for runs that a command has started: one process each. */
export const LOCAL_HISTORY_DIRECTORY = 'local-runs';
const SUFFIX = '.json';

const entrySchema = z.object({
  ref: z.object({
    runId: z.string().refine(isRunId),
    attempt: z.int().positive(),
    epoch: z.int().nonnegative(),
  }),
  kind: z.enum(JOB_KINDS).optional(),
  service: z.string().optional(),
  startedAt: z.number().optional(),
  /** The process of a run that a command has started. */
  process: processIdentitySchema.optional(),
  /** Absent while the attempt runs, and after the runner was killed until its next start. */
  end: z
    .object({
      status: z.enum([...OUTCOME_STATUSES, 'dropped']),
      endedAt: z.number(),
      error: failureSchema.optional(),
      records: z.number(),
      counts: z.record(z.string(), z.number()),
    })
    .optional(),
  log: z.array(
    z.object({
      time: z.number(),
      level: z.enum(LOG_LEVELS),
      message: z.string(),
      data: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  /** Lines before those of `log` that were not kept. */
  omittedLines: z.number(),
});

export type AttemptEntry = z.infer<typeof entrySchema>;

export function entryFile(ref: AttemptRef): string {
  return `${attemptKey(ref)}${SUFFIX}`;
}

export function isEntryFile(name: string): boolean {
  return name.endsWith(SUFFIX) && isAttemptKey(name.slice(0, -SUFFIX.length));
}

/** Undefined for text that is not an entry. */
export function parseEntry(text: string): AttemptEntry | undefined {
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
