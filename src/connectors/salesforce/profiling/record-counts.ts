import { z } from 'zod';
import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { notWhole, requireSingle } from '../api/pages.ts';
import { endsRun } from '../api/run-ending.ts';

const countsSchema = z.looseObject({
  sObjects: z.array(z.object({ name: z.string(), count: z.number().int().nonnegative() })),
});

const WHAT = 'the record counts';

/** Each org has a user at least. */
function readCounts(body: unknown): ReadonlyMap<string, number> {
  const counts = countsSchema.safeParse(body);
  if (!counts.success || counts.data.sObjects.length === 0)
    throw notWhole(WHAT, 'it has no counts');
  requireSingle(counts.data, WHAT);
  return new Map(counts.data.sObjects.map(({ name, count }) => [name, count]));
}

/**
 * About how many records each object has, in one call. Salesforce keeps these figures itself, without the recycle bin and
 * without history, share and feed objects. Empty, with a warning, where the user may not read them.
 */
export async function readRecordCounts(
  api: SalesforceApi,
  version: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  try {
    return await api.jsonAs(
      {
        method: 'GET',
        path: `/services/data/v${version}/limits/recordCount`,
        what: WHAT,
        tries: 2,
      },
      readCounts,
      signal,
    );
  } catch (thrown) {
    const error = RunnerError.from(thrown, 'SALESFORCE_UNEXPECTED');
    if (endsRun(error, signal)) throw error;
    logger.log('warn', 'Record counts could not be read', {
      code: error.code,
      reason: error.message,
    });
    return new Map();
  }
}
