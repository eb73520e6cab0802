import type { Clock } from './clock.ts';
import type { RunnerError } from './errors.ts';
import type { Random } from './random.ts';

export interface BackoffOptions {
  /** Upper bound of the first pause, in milliseconds. */
  readonly baseMs: number;
  /** Upper bound of every pause, in milliseconds. */
  readonly capMs: number;
  /**
   * How long things must go well before earlier failures are forgotten, so that a flapping link
   * does not hammer.
   */
  readonly stableMs: number;
}

/**
 * Full jitter: each pause is uniformly distributed between 0 and a bound that doubles from `baseMs`
 * to `capMs`.
 */
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

  /**
   * Notes that things go well from now on. Earlier failures are forgotten once they have gone well
   * for `stableMs`.
   */
  succeeded(): void {
    this.#goodSince ??= this.#clock.monotonic();
  }

  /**
   * Counts a failure and returns the pause before the next try, in milliseconds: growing jitter, or
   * what the server asked for (Retry-After) if that is longer.
   */
  pauseAfter(error: RunnerError): number {
    return Math.max(this.next(), error.retryAfterMs ?? 0);
  }

  /** Counts a failure and returns the jitter alone. */
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
