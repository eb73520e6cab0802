import { RunnerError } from '../errors/errors.ts';
import type { Logger } from '../../../observability/logger.ts';
import type { Extracted } from '../../connector.ts';

/**
 * The same records, up to where the org or the local policy allows no more calls: what has been read by then is worth
 * having, so the run ends with it, and with a failure that says why there is no more. A run that can tell of no table yet
 * throws SALESFORCE_LIMIT_REACHED.
 */
export async function* withinBudget(
  records: AsyncIterable<Extracted>,
  logger: Logger,
): AsyncGenerator<Extracted, void, undefined> {
  let tables = 0;
  try {
    for await (const record of records) {
      if (record.kind === 'entity' && record.type === 'table') tables += 1;
      if (record.kind === 'unchanged') tables += record.fqns.length;
      yield record;
    }
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (error.code !== 'SALESFORCE_LIMIT_REACHED' || tables === 0) throw error;
    logger.log('warn', 'No more API calls are left for this run; it ends with what it has', {
      tables,
      reason: error.message,
    });
    yield { kind: 'failure', failure: { ...error.toFailure(), name: 'API calls' } };
  }
}
