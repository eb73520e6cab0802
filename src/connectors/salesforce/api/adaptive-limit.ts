import type { Observation } from './exchange.ts';

/**
 * The number of concurrent calls that the org permits: halved at each overload, then plus one for
 * each round of answers. Salesforce publishes no rate to keep to, only that calls over 20 s are
 * limited to a few, so it begins at `max`. `underWay` returns the number of calls without an
 * answer.
 */
export class AdaptiveLimit {
  readonly #max: number;
  readonly #underWay: () => number;
  #limit: number;
  /** Answers to come that belong to the last overload. */
  #overloaded = 0;

  constructor(max: number, underWay: () => number) {
    this.#max = max;
    this.#limit = max;
    this.#underWay = underWay;
  }

  get value(): number {
    return Math.floor(this.#limit);
  }

  /**
   * Call it for each answer. One overload fails many concurrent calls and must count once: those
   * that were under way at a halving cause no other.
   */
  observe({ busy }: Observation): void {
    const sameOverload = this.#overloaded > 0;
    if (sameOverload) this.#overloaded -= 1;
    if (!busy) this.#limit = Math.min(this.#max, this.#limit + 1 / this.#limit);
    else if (!sameOverload) {
      this.#limit = Math.max(1, this.#limit / 2);
      this.#overloaded = this.#underWay();
    }
  }
}
