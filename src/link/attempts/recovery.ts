import type { Logger } from '../../observability/logger.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { Attempt } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import type { OutboxStore } from '../outbox/outbox.ts';

/** Why an attempt that was at work when the runner died has no outcome of its own. */
export function stoppedAtWork(): RunnerError {
  return new RunnerError('RUNNER_STOPPED', 'the runner stopped while the attempt was at work');
}

/**
 * Takes in what an earlier process left: attempts without an outcome get one, `interrupted`, and all are delivered. Returns
 * those whose outcome could not be written; it has to be tried again, or they would never end.
 */
export async function recover(
  store: OutboxStore,
  attempts: Attempts,
  logger: Logger,
): Promise<readonly Attempt[]> {
  const open: Attempt[] = [];
  for (const outbox of store.held()) {
    const attempt = new Attempt(outbox, { name: 'ended' });
    if (!outbox.durable().complete) {
      await store
        .closeInterrupted(outbox.ref, stoppedAtWork().toFailure())
        .catch((thrown: unknown) => {
          open.push(attempt);
          logger.log(
            'error',
            'failed to write the outcome of an interrupted attempt; trying again',
            { attempt: attempt.key, error: String(RunnerError.from(thrown)) },
          );
        });
    }
    attempts.adopt(attempt);
    logger.log('info', 'attempt recovered', {
      attempt: attempt.key,
      ...outbox.durable(),
      acknowledged: outbox.acknowledged(),
    });
  }
  return open;
}
