import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import { rejection } from '../api/rejection.ts';
import { type QueryAnswer, queryMany } from '../api/query-many.ts';
import type { PagesTarget } from '../api/query-pages.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';
import type { IncrementalState } from './incremental-state.ts';

const WHAT = 'number of custom fields';
const countSchema = z.object({ totalSize: z.int().nonnegative() });

type Target = Omit<PagesTarget, 'what'> & { readonly logger: Logger };

/**
 * Whether custom fields were deleted since the previous run. A deleted field leaves no date, but
 * the number of fields created before a past time only shrinks by deletion. Also counts for the
 * next run, as of `listedAt`. False where fields cannot be counted, now or in the previous run.
 */
export async function fieldsDeleted(
  target: Target,
  state: IncrementalState,
  times: CountTimes,
  signal: AbortSignal,
): Promise<boolean> {
  const { customFields } = state;
  const { logger } = target;
  try {
    const [next, count] = await countFields(target, countQueries(times), signal);
    state.setCustomFields(next);
    const deleted = customFields !== undefined && count !== customFields;
    if (deleted)
      logger.log('info', 'custom fields were deleted since the previous run; reading all objects');
    return deleted;
  } catch (thrown) {
    noteUncounted({ logger, state }, rethrowIfRunEnds(thrown, signal));
    return false;
  }
}

/** The next run cannot know whether fields were deleted. */
export function noteUncounted(
  { logger, state }: { readonly logger: Logger; readonly state: IncrementalState },
  error: RunnerError,
): void {
  state.setCustomFields(undefined);
  logger.log(
    'warn',
    'failed to count custom fields; deleted fields remain in the catalog until the next full run',
    errorFields(error),
  );
}

/** HTTP dates: of this run's list of objects, and of the previous run's. */
export interface CountTimes {
  readonly listedAt: string;
  readonly since: string;
}

/** The query for the number of custom fields that were created before this time. */
export function countQuery(time: string): string {
  return `SELECT COUNT() FROM CustomField WHERE CreatedDate < ${new Date(Date.parse(time)).toISOString()}`;
}

/** The queries of `fieldsDeleted`. */
export function countQueries({ listedAt, since }: CountTimes): readonly string[] {
  return [listedAt, since].map(countQuery);
}

async function countFields(
  { firstAnswers, ...target }: Target,
  queries: readonly string[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const known = await Promise.all(queries.map(async (query) => firstAnswers?.take(query)));
  const counts = known.map((body) => countSchema.safeParse(body).data?.totalSize);
  if (allDefined(counts)) return counts;
  return queryMany({ ...target, what: WHAT }, queries, countIn, signal);
}

function allDefined<T>(values: readonly (T | undefined)[]): values is readonly T[] {
  return values.every((value) => value !== undefined);
}

/** Throws what the query was rejected with, or SALESFORCE_UNEXPECTED. */
export function countIn({ status, body }: Pick<QueryAnswer, 'status' | 'body'>): number {
  if (status !== 200) throw rejection(status, body, WHAT);
  const parsed = countSchema.safeParse(body);
  if (!parsed.success)
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${WHAT}: unexpected response format`, {
      cause: parsed.error,
    });
  return parsed.data.totalSize;
}
