import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { QueryTarget } from '../api/query-many.ts';
import type { QueryPool, SizedQuery } from '../api/query-pool.ts';
import { queryRows } from '../api/query-rows.ts';
import { kindOf } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { type Counted, groupForQueries, soqlLiterals } from '../api/soql.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';
import { WantedMembers } from '../json/wanted-members.ts';
import { name, object, optionalText, type Members } from '../json/json-values.ts';
import { isModifiedSince } from './dates.ts';

/** Assumed for an object whose number of fields is unknown. */
const TYPICAL_FIELDS = 60;

type Target = Omit<QueryTarget, 'what'> & {
  readonly logger: Logger;
  readonly pool?: QueryPool | undefined;
};

/**
 * Names of standard objects with a field whose label, description or classification changed since
 * `since` (an HTTP date). Such a change does not update the object's own date, and FieldDefinition
 * documents no filter by date, so the dates of all fields are read. Only objects with
 * page layouts are read: administrators cannot edit fields of others. Empty if the dates are not
 * readable. `fields` returns an object's number of fields, 0 for unknown.
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
  const answers = await queryRows(
    { ...target, what: 'change dates of standard fields' },
    queriesFor(objects),
    { read: (row) => changedObject(row, since), members: MEMBERS },
    signal,
  );
  const failed = answers.find((answer) => answer instanceof RunnerError);
  if (failed !== undefined) throw failed;
  return new Set(answers.flatMap((answer) => (answer instanceof RunnerError ? [] : answer)));
}

function queriesFor(objects: readonly Counted[]): SizedQuery[] {
  return groupForQueries(objects).map(({ ids, rows }) => ({
    query: `SELECT EntityDefinitionId, LastModifiedDate FROM FieldDefinition WHERE EntityDefinitionId IN (${soqlLiterals(ids)})`,
    rows,
  }));
}

const MEMBERS = new WantedMembers([], ['EntityDefinitionId', 'LastModifiedDate']);

function changedObject(row: unknown, since: number): string | undefined {
  const raw: Members<'EntityDefinitionId' | 'LastModifiedDate'> = object(row, 'a row');
  return isModifiedSince(optionalText(raw.LastModifiedDate, 'LastModifiedDate') ?? '', since)
    ? name(raw.EntityDefinitionId, 'EntityDefinitionId')
    : undefined;
}
