import { z } from 'zod';
import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { endsRun } from '../http/fatal.ts';

const countsSchema = z.object({ sObjects: z.array(z.object({ name: z.string(), count: z.number().int().nonnegative() })) });

/**
 * About how many records each object has, in one call. Salesforce keeps these figures itself, without the recycle bin and
 * without history, share and feed objects. Empty, with a warning, where the user may not read them.
 */
export async function readRecordCounts(api: SalesforceApi, version: string, logger: Logger, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  try {
    const body = await api.json({ method: 'GET', path: `/services/data/v${version}/limits/recordCount`, what: 'the record counts' }, signal);
    return new Map(countsSchema.parse(body).sObjects.map(({ name, count }) => [name, count]));
  } catch (thrown) {
    const error = RunnerError.from(thrown, 'SALESFORCE_UNEXPECTED');
    if (endsRun(error, signal)) throw error;
    logger.log('warn', 'Record counts could not be read', { code: error.code, reason: error.message });
    return new Map();
  }
}
