import { CallLimit } from '../../call-limit.ts';
import { RunnerError } from '../errors/errors.ts';
import type { ApiUsage } from './response.ts';

export interface BudgetOptions {
  /** Share of the org's calls of 24 hours that is left to others, in percent. */
  readonly reservePercent: number;
  readonly maxApiCallsPerRun: number | undefined;
}

/**
 * Decides whether another call may be made. The org's allocation is unknown before the first
 * response. Calls under way count as charged.
 */
export class CallBudget {
  readonly #options: BudgetOptions;
  readonly #limit: CallLimit;
  #usage: ApiUsage | undefined;
  #underWay = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#limit = new CallLimit(options.maxApiCallsPerRun, limitReached);
  }

  /**
   * Takes one call; the caller reports when it has `ended`. `headroom` calls must remain after it.
   * Throws SALESFORCE_LIMIT_REACHED if they do not.
   */
  begin(headroom = 0): void {
    if (!this.#allocationLeaves(headroom + 1)) throw this.#allocationReached();
    this.#limit.begin(headroom);
    this.#underWay += 1;
  }

  /** Whether so many calls may still be made. */
  leaves(calls: number): boolean {
    return this.#allocationLeaves(calls) && this.#limit.leaves(calls);
  }

  ended(): void {
    this.#underWay -= 1;
  }

  /** Sets the org's latest figures. */
  learn(usage: ApiUsage): void {
    this.#usage = usage;
  }

  #allocationLeaves(calls: number): boolean {
    if (this.#usage === undefined) return true;
    const { used, limit } = this.#usage;
    return used + this.#underWay + calls <= limit - this.#reserve(limit);
  }

  #allocationReached(): RunnerError {
    const { used, limit } = this.#usage!;
    return limitReached(
      `${used} of ${limit} API calls of 24 hours are used; ${this.#reserve(limit)} are reserved`,
    );
  }

  #reserve(limit: number): number {
    return Math.ceil((limit * this.#options.reservePercent) / 100);
  }
}

function limitReached(reason: string): RunnerError {
  return new RunnerError('SALESFORCE_LIMIT_REACHED', reason, { retryable: false });
}
