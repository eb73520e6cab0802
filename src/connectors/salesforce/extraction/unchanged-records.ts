import type { UnchangedRecord } from '../../../../foundation/src/domain/record.ts';
import { entityName, fullyQualifiedName } from '../../../../openmetadata/src/names.ts';
import type { RunContext } from './run-context.ts';

/** Names in one record, which must fit a frame of the protocol. */
const MAX_NAMES = 500;

/** Records of the tables that the previous run sent and that are the same now. */
export function* unchangedRecords(
  { place: { service, database, schema }, context }: Pick<RunContext, 'place' | 'context'>,
  names: readonly string[],
): Generator<UnchangedRecord, void, undefined> {
  for (let at = 0; at < names.length; at += MAX_NAMES) {
    const fqns = names
      .slice(at, at + MAX_NAMES)
      .map((name) => fullyQualifiedName(service, entityName(database), schema, entityName(name)));
    context.count('unchanged', fqns.length);
    yield { kind: 'unchanged', type: 'table', fqns };
  }
}
