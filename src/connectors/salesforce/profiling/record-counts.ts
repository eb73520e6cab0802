import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { SalesforceApi } from '../api/api.ts';
import { incomplete, requireSingle } from '../api/pages.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';

const countsSchema = z.looseObject({
  sObjects: z.array(z.object({ name: z.string(), count: z.number().int().nonnegative() })),
});

const WHAT = 'record counts';

/** Numbers of records by object. */
export type RecordCounts = ReadonlyMap<string, number>;

/** An empty list is an incomplete answer: every org has at least one user. */
function readCounts(body: unknown): RecordCounts {
  const counts = countsSchema.safeParse(body);
  if (!counts.success || counts.data.sObjects.length === 0)
    throw incomplete(WHAT, 'it has no counts');
  requireSingle(counts.data, WHAT);
  return new Map(counts.data.sObjects.map(({ name, count }) => [name, count]));
}

/**
 * The approximate number of records of each object, in one call. Salesforce maintains these counts
 * itself, without the recycle bin and without history, share and feed objects. Empty, with a
 * warning, if the user cannot read them.
 */
export async function readRecordCounts(
  api: SalesforceApi,
  version: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<RecordCounts> {
  const path = `/services/data/v${version}/limits/recordCount`;
  try {
    return await api.jsonAs({ method: 'GET', path, what: WHAT, tries: 2 }, readCounts, signal);
  } catch (thrown) {
    const error = rethrowIfRunEnds(thrown, signal, 'SALESFORCE_UNEXPECTED');
    logger.log('warn', 'failed to read record counts', errorFields(error));
    return new Map();
  }
}
