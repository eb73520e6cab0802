import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import { MAX_QUERIES, type QueryTarget } from '../api/query-many.ts';
import { queryRows } from '../api/query-rows.ts';
import { kindOf } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { type Counted, soqlLiterals, groupForQueries } from '../api/soql.ts';
import { endsRun } from '../api/run-ending.ts';
import { each, parallelMap } from '../../../runtime/parallel-map.ts';
import { name, object, optionalText, type Members } from '../json/json-values.ts';
import { isModifiedSince } from './dates.ts';

/** Calls under way at once. */
const LANES = 6;

/** Rows of an object of which nothing is known. */
const USUAL_FIELDS = 60;

type Target = Omit<QueryTarget, 'what'> & { readonly logger: Logger };

/**
 * Names of standard objects that have a field whose label, description or classification was changed since (an HTTP date): such a
 * change leaves no date at the object, and FieldDefinition documents no filter by date, so the dates of all fields are read, some
 * nine thousand a call. Only of objects with page layouts: others have no fields that administrators edit. Empty where they may not be
 * read. `fields` says how many an object has, 0 for unknown.
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
    .map((object) => ({ id: object.name, rows: fields(object) || USUAL_FIELDS }));
  try {
    return await read(target, editable, Date.parse(since), signal);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (endsRun(error, signal)) throw error;
    target.logger.log(
      'info',
      'Dates of standard fields cannot be read; edits of these fields are noticed by the next full run',
      { code: error.code, reason: error.message },
    );
    return new Set();
  }
}

async function read(
  target: Target,
  objects: readonly Counted[],
  since: number,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const queries = groupForQueries(objects).map(
    (ids) =>
      `SELECT EntityDefinitionId, LastModifiedDate FROM FieldDefinition WHERE EntityDefinitionId IN (${soqlLiterals(ids)})`,
  );
  const groups = Array.from({ length: Math.ceil(queries.length / MAX_QUERIES) }, (_, index) =>
    queries.slice(index * MAX_QUERIES, (index + 1) * MAX_QUERIES),
  );
  const calls = parallelMap(
    each(groups),
    () => LANES,
    signal,
    (group, within) =>
      queryRows(
        { ...target, what: 'the dates of standard fields' },
        group,
        (row) => changedObject(row, since),
        within,
      ),
  );
  const changed = new Set<string>();
  for await (const answers of calls) {
    for (const answer of answers) {
      if (answer instanceof RunnerError) throw answer;
      for (const found of answer) changed.add(found);
    }
  }
  return changed;
}

function changedObject(row: unknown, since: number): string | undefined {
  const raw: Members<'EntityDefinitionId' | 'LastModifiedDate'> = object(row, 'a row');
  return isModifiedSince(optionalText(raw.LastModifiedDate, 'LastModifiedDate') ?? '', since)
    ? name(raw.EntityDefinitionId, 'EntityDefinitionId')
    : undefined;
}
