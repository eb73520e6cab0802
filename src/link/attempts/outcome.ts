import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { sleepUnlessAborted } from '../../../foundation/src/runtime/wait.ts';
import type { OutboxStore } from '../outbox/outbox.ts';
import type { Attempt } from './attempt.ts';
import { diskFullError } from './disk-full.ts';

const RETRY_MS = 5_000;

export interface OutcomeDeps {
  readonly store: OutboxStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each change of state and each progress. */
  readonly onChange: () => void;
  /** Ends the retries; the next start of the runner then writes the outcome. */
  readonly signal: AbortSignal;
}

/**
 * Writes the outcome of an attempt that has none, and retries until the disk has room for it. Never
 * rejects.
 */
export async function writeOutcome(
  attempt: Attempt,
  deps: OutcomeDeps,
  fallback = new RunnerError('WORKER_DIED', 'the worker ended without an outcome'),
): Promise<void> {
  const { store, clock, signal } = deps;
  const reason = attempt.stopRequest?.reason ?? inferReason(attempt, clock) ?? fallback;
  while (attempt.state.name !== 'gone' && !attempt.outbox.durable().complete) {
    try {
      await store.closeInterrupted(attempt.ref, reason.toFailure());
      return;
    } catch (thrown) {
      noteFailure(attempt, thrown, deps);
    }
    await sleepUnlessAborted(clock, RETRY_MS, AbortSignal.any([signal, attempt.gone]));
    if (signal.aborted) return;
  }
}

function noteFailure(attempt: Attempt, thrown: unknown, { logger, onChange }: OutcomeDeps): void {
  const error = RunnerError.from(thrown);
  logger.log('error', 'failed to write outcome; retrying', {
    attempt: attempt.key,
    ...errorFields(error),
  });
  attempt.noteCondition(error.code === 'DISK_FULL' ? error.code : undefined);
  onChange();
}

/** Why a worker ended by itself, if the link can tell. */
function inferReason(attempt: Attempt, clock: Clock): RunnerError | undefined {
  if (attempt.condition === 'DISK_FULL') return diskFullError();
  if (attempt.leaseEndsAt !== undefined && attempt.leaseEndsAt <= clock.uptime())
    return new RunnerError('LEASE_LOST', 'the lease expired before it was renewed');
  return undefined;
}
