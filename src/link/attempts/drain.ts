import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { sleepOrWoken } from '../../../foundation/src/runtime/wait.ts';
import type { Attempts } from './attempts.ts';

export interface StopOptions {
  readonly attempts: Attempts;
  readonly clock: Clock;
  /** How long workers may take to end, in milliseconds: once when asked to, once when killed. */
  readonly stopMs: number;
}

export interface DrainOptions extends StopOptions {
  readonly logger: Logger;
  /** How long attempts may continue, in milliseconds. */
  readonly timeoutMs: number;
  readonly lastDeliveryMs: number;
  /** Fires to skip the waits for attempts and deliveries. */
  readonly hurry: AbortSignal;
}

/**
 * Ends all attempts: lets them finish for a while, stops the rest as `interrupted` (so that the
 * control plane runs them again), and waits briefly for the last batches. Undelivered records stay
 * on disk.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { attempts, logger, timeoutMs, lastDeliveryMs, hurry } = options;
  logger.log('info', 'draining', {
    runningAttempts: attempts.working(),
    timeoutMs,
  });
  await withTimeout(timeoutMs, options, () => attempts.working() === 0, hurry);
  await stopWorkers(options);
  await withTimeout(lastDeliveryMs, options, () => attempts.all().length === 0, hurry);
  const left = attempts.all().length;
  if (left === 0) logger.log('info', 'drained');
  else logger.log('warn', 'drain ended with undelivered attempts', { undeliveredAttempts: left });
}

/**
 * Asks every worker to end, kills those that do not, and waits for them. The wait is bounded, since
 * an outcome needs room on disk.
 */
export async function stopWorkers(options: StopOptions): Promise<void> {
  const { attempts, stopMs } = options;
  const reason = new RunnerError(
    'RUNNER_STOPPED',
    'the runner was stopped while the attempt was running',
  );
  attempts.stopAll(reason, 'interrupted');
  const ended = (): boolean => attempts.working() === 0;
  if (await withTimeout(stopMs, options, ended, NEVER)) return;
  attempts.killAll();
  await withTimeout(stopMs, options, ended, NEVER);
}

/**
 * Waits until the condition holds, at most `ms`, and not after `hurry` fires. Resolves with whether
 * it holds.
 */
async function withTimeout(
  ms: number,
  { attempts, clock }: StopOptions,
  holds: () => boolean,
  hurry: AbortSignal,
): Promise<boolean> {
  if (holds() || hurry.aborted) return holds();
  try {
    await sleepOrWoken(clock, ms, (scope) => attempts.changed.until(holds, scope), hurry);
  } catch (thrown) {
    if (!hurry.aborted) throw thrown;
  }
  return holds();
}
