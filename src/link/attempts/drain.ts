import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Attempts } from './attempts.ts';

export interface DrainOptions {
  readonly attempts: Attempts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long attempts may go on, in milliseconds. */
  readonly timeoutMs: number;
  readonly stopMs: number;
  readonly lastDeliveryMs: number;
  /** Fires when the rest shall go quickly: no more waiting for attempts or deliveries. */
  readonly hurry: AbortSignal;
}

/**
 * Brings the attempts to their end: lets them finish for a while, stops those that go on as `interrupted` (so that the
 * control plane runs them again), and gives the last batches a moment. What is not delivered stays on disk.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { attempts, logger, timeoutMs, lastDeliveryMs, hurry } = options;
  logger.log('info', 'draining', { running: attempts.working(), timeoutMs });
  await within(timeoutMs, options, () => attempts.working() === 0, hurry);
  await stopWorkers(options);
  await within(lastDeliveryMs, options, () => attempts.all().length === 0, hurry);
  const left = attempts.all().length;
  logger.log(left === 0 ? 'info' : 'warn', 'drained', { undelivered: left });
}

/** Asks every worker to end, kills those that do not, and waits until they are gone; not for ever, since an outcome needs room on disk. */
export async function stopWorkers(
  options: Pick<DrainOptions, 'attempts' | 'clock' | 'stopMs'>,
): Promise<void> {
  const { attempts, stopMs } = options;
  attempts.stopAll(
    new RunnerError('RUNNER_STOPPED', 'the runner was stopped while the attempt was at work'),
    'interrupted',
  );
  const ended = (): boolean => attempts.working() === 0;
  const unhurried = new AbortController().signal;
  if (await within(stopMs, options, ended, unhurried)) return;
  attempts.killAll();
  await within(stopMs, options, ended, unhurried);
}

/** Whether the condition came to hold within the time. */
async function within(
  ms: number,
  { attempts, clock }: Pick<DrainOptions, 'attempts' | 'clock'>,
  holds: () => boolean,
  stop: AbortSignal,
): Promise<boolean> {
  if (holds() || stop.aborted) return holds();
  const over = new AbortController();
  const scope = AbortSignal.any([over.signal, stop]);
  try {
    await Promise.race([clock.sleep(ms, scope), attempts.changed.until(holds, scope)]);
  } catch (thrown) {
    if (!stop.aborted) throw thrown;
  } finally {
    over.abort();
  }
  return holds();
}
