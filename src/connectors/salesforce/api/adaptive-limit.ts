import type { Observation } from './api.ts';

export interface LimitOptions {
  readonly start: number;
  readonly most: number;
}

/**
 * How many calls may be under way, found by trying: one more for each quick answer until the org first says or shows
 * that it has too much to do, then one more for each round; half at each sign of trouble. Salesforce publishes no rate
 * to keep to, only that calls over 20 s are few.
 */
export class AdaptiveLimit {
  readonly #most: number;
  #limit: number;
  #troubled = false;
  /** Answers since the last halving. */
  #answers = Infinity;

  constructor({ start, most }: LimitOptions) {
    this.#limit = start;
    this.#most = most;
  }

  get value(): number {
    return Math.floor(this.#limit);
  }

  observe({ busy }: Observation): void {
    this.#answers += 1;
    if (busy) this.#halve();
    else this.#limit = Math.min(this.#most, this.#limit + (this.#troubled ? 1 / this.#limit : 1));
  }

  /** One storm fails many calls at once and must count once: as many answers as may be under way pass between halvings. */
  #halve(): void {
    if (this.#answers <= this.#limit) return;
    this.#troubled = true;
    this.#limit = Math.max(1, this.#limit / 2);
    this.#answers = 0;
  }
}
