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
    this.#checkAllocation(headroom);
    this.#limit.begin(headroom);
    this.#underWay += 1;
  }

  ended(): void {
    this.#underWay -= 1;
  }

  /** Sets the org's latest figures. */
  learn(usage: ApiUsage): void {
    this.#usage = usage;
  }

  #checkAllocation(headroom: number): void {
    if (this.#usage === undefined) return;
    const { used, limit } = this.#usage;
    const reserve = Math.ceil((limit * this.#options.reservePercent) / 100);
    if (used + this.#underWay + headroom >= limit - reserve)
      throw limitReached(
        `${used} of ${limit} API calls of 24 hours are used; ${reserve} are reserved`,
      );
  }
}

function limitReached(reason: string): RunnerError {
  return new RunnerError('SALESFORCE_LIMIT_REACHED', reason, { retryable: false });
}
