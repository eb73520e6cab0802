import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { SalesforceApi } from './api.ts';
import { incomplete } from './pages.ts';
import type { ApiRequest } from './request.ts';

const limitsSchema = z.object({
  DailyApiRequests: z.object({ Max: z.number(), Remaining: z.number() }),
});

const WHAT = 'the API limits';

/** The request for the org's allocation. It costs a call. */
export function limitsRequest(version: string): ApiRequest {
  return { method: 'GET', path: `/services/data/v${version}/limits`, what: WHAT, tries: 2 };
}

/** Throws SALESFORCE_UNEXPECTED. */
export function readLimits(body: unknown): { readonly max: number; readonly remaining: number } {
  const parsed = limitsSchema.safeParse(body);
  if (!parsed.success) throw incomplete(WHAT, 'DailyApiRequests is missing');
  const { Max, Remaining } = parsed.data.DailyApiRequests;
  return { max: Max, remaining: Remaining };
}

const TOLERATED: ReadonlySet<string> = new Set([
  'SALESFORCE_FORBIDDEN',
  'SALESFORCE_NOT_FOUND',
  'SALESFORCE_UNEXPECTED',
]);

/**
 * Requests the allocation, for an org whose answers do not have it in a header. A user without
 * access to the limits can continue, bounded by the local policy alone.
 */
export async function readAllocation(
  api: SalesforceApi,
  version: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { max, remaining } = await api.jsonAs(limitsRequest(version), readLimits, signal);
    api.learnUsage({ used: max - remaining, limit: max });
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (signal.aborted || !TOLERATED.has(error.code)) throw error;
    logger.log(
      'warn',
      'cannot read /limits, and answers have no Sforce-Limit-Info header; the reserve of API calls cannot be kept',
      errorFields(error),
    );
  }
}
