import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { Extracted } from '../../connector.ts';

/**
 * The same records, up to the point where the org or the local policy allows no more calls. What
 * was read by then is worth keeping, so the run ends with it and with a failure that gives the
 * reason. Throws SALESFORCE_LIMIT_REACHED if there is no table yet.
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
    logger.log('warn', 'API call limit reached; the run ends early', {
      tables,
      ...errorFields(error),
    });
    yield { kind: 'failure', failure: { ...error.toFailure(), name: 'API calls' } };
  }
}
