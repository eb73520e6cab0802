import { throwIfAborted } from '../runtime/abort.ts';
import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';

export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly tries: number;
  /** Upper bound of the first pause, in milliseconds; it doubles with each try. */
  readonly baseMs: number;
  /** Upper bound of every pause, unless the server requests a longer one. */
  readonly capMs: number;
  /** Whether an error may pass. Default: its own `retryable`. */
  readonly mayPass?: (error: RunnerError) => boolean;
  /** Waits while the server is down; resolves with whether it was. Default: never waits. */
  readonly ready?: (signal: AbortSignal) => Promise<boolean>;
  /** Called before each pause. */
  readonly onRetry?: (retry: Retry) => void;
}

export interface Retry {
  readonly error: RunnerError;
  /** Tries so far. */
  readonly attempt: number;
  readonly pauseMs: number;
}

export interface RetryDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Repeats `work` while it fails with an error that may pass. A failure while the server is down
 * does not count as a try, because no single request is to blame. Throws the last error as a
 * RunnerError, what `ready` throws, or the signal's reason.
 */
export async function retry<T>(
  policy: RetryPolicy,
  { clock, random }: RetryDeps,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const { tries, mayPass = ({ retryable }) => retryable, ready = neverDown, onRetry } = policy;
  const backoff = new Backoff({ ...policy, stableMs: 0 }, clock, random);
  for (let attempt = 1; ; attempt++) {
    await ready(signal);
    try {
      return await work();
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || !mayPass(error)) throw error;
      if (await ready(signal)) {
        attempt -= 1;
        continue;
      }
      if (attempt >= tries) throw error;
      const pauseMs = backoff.pauseAfter(error);
      onRetry?.({ error, attempt, pauseMs });
      await clock.sleep(pauseMs, signal);
    }
  }
}

async function neverDown(signal: AbortSignal): Promise<boolean> {
  throwIfAborted(signal);
  return false;
}
