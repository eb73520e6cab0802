import type { Observation } from './exchange.ts';

export interface LimitOptions {
  readonly start: number;
  readonly max: number;
}

/**
 * The number of concurrent calls, found by trial: plus one for each quick answer until the org is
 * overloaded for the first time, then plus one for each round; halved at each overload. Salesforce
 * publishes no rate to keep to, only that calls over 20 s are limited to a few.
 */
export class AdaptiveLimit {
  readonly #max: number;
  #limit: number;
  #wasOverloaded = false;
  /** Answers since the last halving. */
  #answers = Infinity;

  constructor({ start, max }: LimitOptions) {
    this.#limit = start;
    this.#max = max;
  }

  get value(): number {
    return Math.floor(this.#limit);
  }

  observe({ busy }: Observation): void {
    this.#answers += 1;
    if (busy) this.#halve();
    else
      this.#limit = Math.min(this.#max, this.#limit + (this.#wasOverloaded ? 1 / this.#limit : 1));
  }

  /**
   * One overload fails many concurrent calls and must count once: a full round of answers passes
   * between halvings.
   */
  #halve(): void {
    if (this.#answers <= this.#limit) return;
    this.#wasOverloaded = true;
    this.#limit = Math.max(1, this.#limit / 2);
    this.#answers = 0;
  }
}
