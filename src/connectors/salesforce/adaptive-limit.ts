import type { Observation } from './api.ts';

export interface LimitOptions {
  readonly start: number;
  readonly most: number;
}

/**
 * How many calls may be under way, found by trying: one more after each round of quick answers, half when the org says
 * or shows that it has too much to do. Salesforce publishes no rate to keep to, only that calls over 20 s are few.
 */
export class AdaptiveLimit {
  readonly #most: number;
  #limit: number;
  /** Answers since the last change. */
  #answers = 0;

  constructor({ start, most }: LimitOptions) {
    this.#limit = start;
    this.#most = most;
  }

  get value(): number {
    return this.#limit;
  }

  observe({ busy }: Observation): void {
    this.#answers += 1;
    if (busy) this.#halve();
    else if (this.#answers >= this.#limit) this.#change(Math.min(this.#most, this.#limit + Math.ceil(this.#limit / 2)));
  }

  /** One storm fails many calls at once and must count once: half the calls have to end before the next halving. */
  #halve(): void {
    if (this.#answers >= this.#limit / 2 || this.#answers === 1) this.#change(Math.max(1, Math.floor(this.#limit / 2)));
  }

  #change(limit: number): void {
    this.#limit = limit;
    this.#answers = 0;
  }
}
