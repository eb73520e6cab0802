import { z } from 'zod';
import { RunnerError } from '../errors/errors.ts';
import type { Logger } from '../../../observability/logger.ts';
import { notWhole } from './pages.ts';
import type { ApiRequest, ApiUsage, SalesforceApi } from './api.ts';

export interface BudgetOptions {
  /** Share of the org's calls of 24 hours that is left to others, in percent. */
  readonly reservePercent: number;
  readonly maxApiCallsPerRun: number | undefined;
}

/** Nothing is known of the org's allocation before the first answer, and the worst of calls under way is that all are charged. */
export class CallBudget {
  readonly #options: BudgetOptions;
  #usage: ApiUsage | undefined;
  #started = 0;
  #underWay = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /**
   * Takes one call out of the budget; to be told when it has `ended`. With `headroom`, that many calls must be left after
   * it. Throws SALESFORCE_LIMIT_REACHED in place of a call too many.
   */
  begin(headroom = 0): void {
    const { reservePercent, maxApiCallsPerRun = Infinity } = this.#options;
    if (this.#started + headroom >= maxApiCallsPerRun)
      throw spent(
        `the run has made the ${maxApiCallsPerRun} API calls that the local policy allows it`,
      );
    if (this.#usage !== undefined) {
      const { used, limit } = this.#usage;
      const reserve = Math.ceil((limit * reservePercent) / 100);
      if (used + this.#underWay + headroom >= limit - reserve)
        throw spent(
          `${used} of ${limit} API calls of 24 hours are used, and ${reserve} of them are a reserve`,
        );
    }
    this.#started += 1;
    this.#underWay += 1;
  }

  ended(): void {
    this.#underWay -= 1;
  }

  /** What the org said last of its allocation. */
  learn(usage: ApiUsage): void {
    this.#usage = usage;
  }
}

function spent(reason: string): RunnerError {
  return new RunnerError('SALESFORCE_LIMIT_REACHED', reason, { retryable: false });
}

const limitsSchema = z.object({
  DailyApiRequests: z.object({ Max: z.number(), Remaining: z.number() }),
});

/** What asks for the org's allocation. It costs a call. */
export function limitsRequest(version: string): ApiRequest {
  return { method: 'GET', path: `/services/data/v${version}/limits`, what: 'the limits', tries: 2 };
}

/** Throws SALESFORCE_UNEXPECTED. */
export function readLimits(body: unknown): { readonly max: number; readonly remaining: number } {
  const parsed = limitsSchema.safeParse(body);
  if (!parsed.success) throw notWhole('the limits', 'the calls of 24 hours are not among them');
  const { Max, Remaining } = parsed.data.DailyApiRequests;
  return { max: Max, remaining: Remaining };
}

/** Asks for the allocation before anything else is asked. The answer's headers tell the budget, so a user who may not read it goes on. */
export async function readAllocation(
  api: SalesforceApi,
  version: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  try {
    await api.jsonAs(limitsRequest(version), readLimits, signal);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (
      signal.aborted ||
      (error.code !== 'SALESFORCE_FORBIDDEN' &&
        error.code !== 'SALESFORCE_NOT_FOUND' &&
        error.code !== 'SALESFORCE_UNEXPECTED')
    )
      throw error;
    logger.log('info', 'The limits cannot be read; what each answer says of them will do', {
      code: error.code,
    });
  }
}
