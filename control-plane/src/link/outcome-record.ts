import { z } from 'zod';
import type { ErrorBody } from '../runtime/errors.ts';
import type { Attempt, Transaction } from '../store/store.ts';

const Failure = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string().default(''),
  retryable: z.boolean().default(false),
});

export const OutcomeRecord = z.object({
  kind: z.literal('outcome'),
  status: z.enum(['success', 'partialSuccess', 'failed', 'cancelled', 'expired', 'interrupted']),
  counts: z.record(z.string(), z.number()).default({}),
  steps: z.array(z.record(z.string(), z.unknown())).default([]),
  failures: z.array(z.record(z.string(), z.unknown())).default([]),
  error: Failure.optional(),
  records: z.number().int(),
  digest: z.string(),
  /** The catalog revision that the run relied on; absent for a full run. */
  builtOn: z.string().min(1).optional(),
});
export type OutcomeRecord = z.infer<typeof OutcomeRecord>;

export function errorOf({ error }: OutcomeRecord): ErrorBody | null {
  if (error === undefined) return null;
  const { code, message, remedy } = error;
  return { code, message, remedy };
}

/** "ok" when the outcome matches the stored records, otherwise the problem. */
export async function checkIntegrity(
  tx: Transaction,
  attempt: Attempt,
  outcome: OutcomeRecord,
): Promise<string> {
  const stored = attempt.storedSequence - 1;
  if (outcome.records !== stored)
    return `outcome reports ${outcome.records} records; ${stored} are stored`;
  if (outcome.digest === '')
    return outcome.status === 'interrupted' ? 'ok' : 'outcome has no digest';
  const digest = await tx.records.digest(attempt.runId, attempt.epoch, stored);
  return digest === outcome.digest ? 'ok' : 'outcome digest does not match the stored records';
}
