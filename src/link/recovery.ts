import type { Logger } from '../observability/logger.ts';
import { RunnerError } from '../runtime/errors.ts';
import { Attempt } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import type { OutboxStore } from './outbox.ts';

/** Takes in what an earlier process left: attempts without an outcome get one, `interrupted`, and all are delivered. */
export async function recover(store: OutboxStore, attempts: Attempts, logger: Logger): Promise<void> {
  for (const outbox of store.held()) {
    const attempt = new Attempt(outbox, { name: 'ended' });
    if (!outbox.durable().complete) {
      const stopped = new RunnerError('RUNNER_STOPPED', 'the runner stopped while the attempt was at work');
      await store.closeInterrupted(outbox.ref, stopped.toFailure()).catch((thrown: unknown) => {
        logger.log('error', 'outcome could not be written', { attempt: attempt.key, error: String(RunnerError.from(thrown)) });
      });
    }
    attempts.adopt(attempt);
    logger.log('info', 'attempt recovered', { attempt: attempt.key, ...outbox.durable(), acknowledged: outbox.acknowledged() });
  }
}
