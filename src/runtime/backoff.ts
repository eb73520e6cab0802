import type { Clock } from './clock.ts';
import { RunnerError } from './errors.ts';
import type { Random } from './random.ts';
import { throwIfAborted } from './abort.ts';

export interface BackoffOptions {
  /** Upper bound of the first pause, in milliseconds. */
  readonly baseMs: number;
  /** Upper bound of every pause, in milliseconds. */
  readonly capMs: number;
  /** How long things must go well before the count starts anew, so that a flapping link does not hammer. */
  readonly stableMs: number;
}

/** Full jitter: each pause is uniform between 0 and a bound that doubles from `baseMs` to `capMs`. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  #failures = 0;
  #goodSince: number | undefined;

  constructor(options: BackoffOptions, clock: Clock, random: Random) {
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
  }

  /** Says that things go well from now on; forgives earlier failures once they have for `stableMs`. */
  succeeded(): void {
    this.#goodSince ??= this.#clock.monotonic();
  }

  /** The pause before the next try, in milliseconds; counts one failure. */
  next(): number {
    if (
      this.#goodSince !== undefined &&
      this.#clock.monotonic() - this.#goodSince >= this.#options.stableMs
    )
      this.#failures = 0;
    this.#goodSince = undefined;
    const bound = Math.min(
      this.#options.capMs,
      this.#options.baseMs * 2 ** Math.min(this.#failures, 30),
    );
    this.#failures += 1;
    return this.#random.fraction() * bound;
  }
}

export interface RetryOptions extends BackoffOptions {
  /** Tries in all, the first included. */
  readonly tries: number;
  /** Called before each pause. */
  readonly onRetry?: (error: RunnerError, pauseMs: number) => void;
}

/**
 * Repeats `work` while it fails with a retryable error, after the pause the other side asked for and the jitter on
 * top. Throws the last error as a RunnerError.
 */
export async function retry<T>(
  options: RetryOptions,
  clock: Clock,
  random: Random,
  signal: AbortSignal,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  const backoff = new Backoff(options, clock, random);
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(signal);
    try {
      return await work(attempt);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (!error.retryable || attempt >= options.tries || signal.aborted) throw error;
      const pause = (error.retryAfterMs ?? 0) + backoff.next();
      options.onRetry?.(error, pause);
      await clock.sleep(pause, signal);
    }
  }
}
