import type { FailureRecord } from '../../../../foundation/src/domain/record.ts';
import { RunnerError } from '../errors/errors.ts';
import type { Connection } from '../sign-in/connection.ts';

export function failureRecord(name: string, error: RunnerError): FailureRecord {
  return { kind: 'failure', failure: { ...error.toFailure(), name } };
}

/**
 * A failure for each requested object that the org does not list. It names the object's position in
 * the job, because returning the name would reveal, by whether it comes back redacted, if it is a
 * secret value.
 */
export function* missingObjectRecords(
  { objectNames = [], objectPlaces }: Pick<Connection, 'objectNames' | 'objectPlaces'>,
  names: readonly string[],
): Generator<FailureRecord, void, undefined> {
  for (const name of names) {
    const place = objectPlaces[objectNames.indexOf(name)] ?? 'sobjectNames';
    const message = `${place}: no object with this name is visible to the user`;
    yield failureRecord(place, new RunnerError('SALESFORCE_NOT_FOUND', message));
  }
}
