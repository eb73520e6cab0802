import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import { inGroups, MAX_QUERIES, type QueryTarget } from '../api/query-many.ts';
import { queryRows } from '../api/query-rows.ts';
import { kindOf } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { type Counted, groupForQueries, soqlLiterals } from '../api/soql.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';
import { each, parallelMap } from '../../../../foundation/src/runtime/parallel-map.ts';
import { WantedMembers } from '../json/json-trim.ts';
import { name, object, optionalText, type Members } from '../json/json-values.ts';
import { isModifiedSince } from './dates.ts';

const CONCURRENCY = 6;

/** Assumed for an object whose number of fields is unknown. */
const TYPICAL_FIELDS = 60;

type Target = Omit<QueryTarget, 'what'> & { readonly logger: Logger };

/**
 * Names of standard objects with a field whose label, description or classification changed since
 * `since` (an HTTP date). Such a change does not update the object's own date, and FieldDefinition
 * documents no filter by date, so the dates of all fields are read, some nine thousand a call. Only
 * objects with page layouts are read: administrators cannot edit fields of others. Empty if the
 * dates are not readable. `fields` returns an object's number of fields, 0 for unknown.
 */
export async function standardFieldsChanged(
  target: Target,
  objects: readonly ListedObject[],
  fields: (object: ListedObject) => number,
  since: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const editable = objects
    .filter((object) => object.layoutable && kindOf(object) === 'standard')
    .map((object) => ({ id: object.name, rows: fields(object) || TYPICAL_FIELDS }));
  try {
    return await readChanged(target, editable, Date.parse(since), signal);
  } catch (thrown) {
    const error = rethrowIfRunEnds(thrown, signal);
    target.logger.log(
      'warn',
      'failed to read change dates of standard fields; their changes are picked up by the next full run',
      errorFields(error),
    );
    return new Set();
  }
}

async function readChanged(
  target: Target,
  objects: readonly Counted[],
  since: number,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const calls = parallelMap(
    each(callsFor(objects)),
    () => CONCURRENCY,
    signal,
    (queries, callSignal) =>
      queryRows(
        { ...target, what: 'change dates of standard fields' },
        queries,
        { read: (row) => changedObject(row, since), members: MEMBERS },
        callSignal,
      ),
  );
  const changed = new Set<string>();
  for await (const answers of calls) {
    for (const answer of answers) {
      if (answer instanceof RunnerError) throw answer;
      for (const objectName of answer) changed.add(objectName);
    }
  }
  return changed;
}

/** The queries of each call. */
function callsFor(objects: readonly Counted[]): string[][] {
  const queries = groupForQueries(objects).map(
    (ids) =>
      `SELECT EntityDefinitionId, LastModifiedDate FROM FieldDefinition WHERE EntityDefinitionId IN (${soqlLiterals(ids)})`,
  );
  return inGroups(queries, MAX_QUERIES);
}

const MEMBERS = new WantedMembers([], ['EntityDefinitionId', 'LastModifiedDate']);

function changedObject(row: unknown, since: number): string | undefined {
  const raw: Members<'EntityDefinitionId' | 'LastModifiedDate'> = object(row, 'a row');
  return isModifiedSince(optionalText(raw.LastModifiedDate, 'LastModifiedDate') ?? '', since)
    ? name(raw.EntityDefinitionId, 'EntityDefinitionId')
    : undefined;
}
