import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { OutboxStore } from '../outbox/outbox.ts';
import { Attempt } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import { recordEnd, type EndDeps } from './end-of-attempt.ts';

export interface RecoveryDeps extends EndDeps {
  readonly store: OutboxStore;
  readonly logger: Logger;
}

/** The reason in the outcome of an attempt that was running when the runner ended. */
export function stoppedError(): RunnerError {
  return new RunnerError('RUNNER_STOPPED', 'the runner stopped while the attempt was running');
}

/**
 * Adopts the attempts of an earlier process: those without an outcome get one, `interrupted`, and
 * all are delivered. Returns those whose outcome could not be written. The caller must retry these,
 * or they never end.
 */
export async function recoverAttempts(
  attempts: Attempts,
  deps: RecoveryDeps,
): Promise<readonly Attempt[]> {
  const { store, logger } = deps;
  const unfinished: Attempt[] = [];
  for (const outbox of store.held()) {
    const attempt = new Attempt(outbox, { name: 'ended' });
    if (await ensureOutcome(attempt, store, logger)) await recordEnd(attempt, deps);
    else unfinished.push(attempt);
    attempts.adopt(attempt);
    logger.log('info', 'attempt recovered', {
      attempt: attempt.key,
      ...outbox.durable(),
      acknowledged: outbox.acknowledged(),
    });
  }
  return unfinished;
}

/** Writes the outcome of an attempt that has none. Returns whether it has one now. */
async function ensureOutcome(
  { outbox, key }: Attempt,
  store: OutboxStore,
  logger: Logger,
): Promise<boolean> {
  if (outbox.durable().complete) return true;
  try {
    await store.closeInterrupted(outbox.ref, stoppedError().toFailure());
    return true;
  } catch (thrown) {
    logger.log('error', 'failed to write the outcome of an interrupted attempt; retrying', {
      attempt: key,
      ...errorFields(thrown),
    });
    return false;
  }
}
