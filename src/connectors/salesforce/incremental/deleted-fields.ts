import { z } from 'zod';
import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import { readComposite } from '../api/composite.ts';
import { refusal } from '../api/refusal.ts';
import type { QueryTarget } from '../api/query-many.ts';
import { endsRun } from '../api/run-ending.ts';
import type { IncrementalState } from './incremental-state.ts';

const WHAT = 'the number of custom fields';
const countSchema = z.object({ totalSize: z.int().nonnegative() });

type Target = Omit<QueryTarget, 'what'> & { readonly logger: Logger };

/**
 * Whether a custom field was deleted since the last run, in one call. A field that is deleted leaves no date; but the number of
 * those that were made before a time in the past can only shrink. Counts for the next run too, from `listedAt` (an HTTP date). False
 * where the fields cannot be counted, now or the last time.
 */
export async function fieldsDeleted(
  target: Target,
  incrementalState: IncrementalState,
  listedAt: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { since, customFields } = incrementalState;
  try {
    const [next, before] = await count(
      target,
      [listedAt, ...(since === undefined ? [] : [since])],
      signal,
    );
    incrementalState.countCustomFields(next);
    const deleted = since !== undefined && customFields !== undefined && before !== customFields;
    if (deleted)
      target.logger.log(
        'info',
        'Custom fields were deleted since the last run; everything is read',
      );
    return deleted;
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (endsRun(error, signal)) throw error;
    incrementalState.countCustomFields(undefined);
    target.logger.log(
      'info',
      'Custom fields cannot be counted; one that is deleted is noticed by the next full run',
      { code: error.code, reason: error.message },
    );
    return false;
  }
}

async function count(
  { api, version }: Target,
  before: readonly string[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const base = `/services/data/v${version}/tooling`;
  const soql = (time: string): string =>
    `SELECT COUNT() FROM CustomField WHERE CreatedDate < ${new Date(Date.parse(time)).toISOString()}`;
  const parts = before.map((time, index) => ({
    referenceId: `n${index}`,
    url: `${base}/query?q=${encodeURIComponent(soql(time))}`,
  }));
  const answers = await readComposite(
    api,
    { path: `${base}/composite`, parts, what: WHAT },
    ({ status, body }) => {
      if (status !== 200) throw refusal(status, body, WHAT);
      const parsed = countSchema.safeParse(body);
      if (!parsed.success)
        throw new RunnerError('SALESFORCE_UNEXPECTED', `${WHAT}: the answer has an unknown form`, {
          cause: parsed.error,
        });
      return parsed.data.totalSize;
    },
    signal,
  );
  return parts.map(({ referenceId }) => answers.get(referenceId)!);
}
