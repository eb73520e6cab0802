import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import { rejection } from '../api/rejection.ts';
import { queryMany } from '../api/query-many.ts';
import type { PagesTarget } from '../api/query-pages.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';
import type { IncrementalState } from './incremental-state.ts';

const WHAT = 'number of custom fields';
const countSchema = z.object({ totalSize: z.int().nonnegative() });

type Target = Omit<PagesTarget, 'what'> & { readonly logger: Logger };

/**
 * Whether custom fields were deleted since the previous run, in one call. A deleted field leaves no
 * date, but the number of fields created before a past time only shrinks by deletion. Also counts
 * for the next run, as of `listedAt` (an HTTP date). False where fields cannot be counted, now or
 * in the previous run.
 */
export async function fieldsDeleted(
  target: Target,
  state: IncrementalState,
  listedAt: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { since, customFields } = state;
  const { logger } = target;
  try {
    const [next, count] = await countFields(target, countQueries(state, listedAt), signal);
    state.setCustomFields(next);
    const deleted = since !== undefined && customFields !== undefined && count !== customFields;
    if (deleted)
      logger.log('info', 'custom fields were deleted since the previous run; reading all objects');
    return deleted;
  } catch (thrown) {
    const error = rethrowIfRunEnds(thrown, signal);
    state.setCustomFields(undefined);
    logger.log(
      'warn',
      'failed to count custom fields; deleted fields remain in the catalog until the next full run',
      errorFields(error),
    );
    return false;
  }
}

/** The query for the number of custom fields that were created before this time. */
function countQuery(time: string): string {
  return `SELECT COUNT() FROM CustomField WHERE CreatedDate < ${new Date(Date.parse(time)).toISOString()}`;
}

/** The queries of `fieldsDeleted`. */
export function countQueries(
  { since }: Pick<IncrementalState, 'since'>,
  listedAt: string,
): readonly string[] {
  return [listedAt, ...(since === undefined ? [] : [since])].map(countQuery);
}

async function countFields(
  { firstAnswers, ...target }: Target,
  queries: readonly string[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const known = await Promise.all(queries.map(async (query) => firstAnswers?.take(query)));
  const counts = known.map((body) => countSchema.safeParse(body).data?.totalSize);
  if (allDefined(counts)) return counts;
  return queryMany(
    { ...target, what: WHAT },
    queries,
    ({ status, body }) => {
      if (status !== 200) throw rejection(status, body, WHAT);
      return countIn(body);
    },
    signal,
  );
}

function allDefined<T>(values: readonly (T | undefined)[]): values is readonly T[] {
  return values.every((value) => value !== undefined);
}

function countIn(body: unknown): number {
  const parsed = countSchema.safeParse(body);
  if (!parsed.success)
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${WHAT}: unexpected response format`, {
      cause: parsed.error,
    });
  return parsed.data.totalSize;
}
