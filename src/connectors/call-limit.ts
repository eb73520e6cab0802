import type { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** Counts the API calls of one run, and enforces `maxApiCallsPerRun` of the local policy. */
export class CallLimit {
  readonly #max: number;
  readonly #reached: (reason: string) => RunnerError;
  #made = 0;

  /** `reached` makes the error of the connector. */
  constructor(max: number | undefined, reached: (reason: string) => RunnerError) {
    this.#max = max ?? Infinity;
    this.#reached = reached;
  }

  get made(): number {
    return this.#made;
  }

  /** Whether so many calls remain. */
  leaves(calls: number): boolean {
    return this.#made + calls <= this.#max;
  }

  /**
   * Call it before each call. Throws what `reached` makes unless `headroom` calls remain after it.
   */
  begin(headroom = 0): void {
    if (!this.leaves(headroom + 1))
      throw this.#reached(
        `the run has used the ${this.#max} API calls that the local policy allows`,
      );
    this.#made += 1;
  }
}
