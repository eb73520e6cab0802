import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { QueryTarget } from '../api/query-many.ts';
import { QueryPool, type SizedQuery } from '../api/query-pool.ts';
import { queryRows } from '../api/query-rows.ts';
import { kindOf } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { type Counted, groupForQueries, soqlLiterals } from '../api/soql.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';
import { WantedMembers } from '../json/wanted-members.ts';
import { name, object, optionalText, type Members } from '../json/json-values.ts';
import { isModifiedSince } from './dates.ts';
import type { IncrementalState } from './incremental-state.ts';
import type { KnownEdits } from './stored-state.ts';

const WHAT = 'change dates of standard fields';
/** Assumed for an object whose number of fields is unknown. */
const TYPICAL_FIELDS = 60;

type Target = Omit<QueryTarget, 'what'> & {
  readonly logger: Logger;
  readonly pool?: QueryPool | undefined;
};

/**
 * Names of standard objects with a field whose label, description or classification changed since
 * the previous run. Such a change does not update the object's own date, only that of its row in
 * FieldDefinition. Only objects with page layouts are read: administrators cannot edit fields of
 * others. Empty if the dates are not readable. `fields` returns an object's number of fields, 0 for
 * unknown.
 */
export async function standardFieldsChanged(
  target: Target,
  objects: readonly ListedObject[],
  fields: (object: ListedObject) => number,
  state: IncrementalState,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const editable = objects
    .filter((object) => object.layoutable && kindOf(object) === 'standard')
    .map((object) => ({ id: object.name, rows: fields(object) || TYPICAL_FIELDS }));
  try {
    return await readChanged(target, editable, state, signal);
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

/**
 * By a filter, if the org proves that it applies it: no document promises that it does. Otherwise
 * the dates of all fields are read.
 */
async function readChanged(
  target: Target,
  objects: readonly Counted[],
  state: IncrementalState,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { since = '', knownEdits } = state;
  if (knownEdits === undefined || objects.length === 0)
    return readAllDates(target, objects, since, signal);
  const filtered = await unlessFailed(
    readFiltered(target, objects, { since, knownEdits }, signal),
    signal,
  );
  if (filtered !== undefined) return filtered;
  target.logger.log('info', 'the org does not filter fields by date; reading the dates of all');
  state.setKnownEdits(undefined);
  const pool = new QueryPool({ ...target, what: WHAT });
  const changed = readAllDates({ ...target, pool }, objects, since, signal);
  await pool.send(signal);
  return changed;
}

/** An org may fail over a filter that it does not know, instead of rejecting it. */
async function unlessFailed<T>(result: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await result;
  } catch (thrown) {
    rethrowIfRunEnds(thrown, signal);
    return undefined;
  }
}

/**
 * Undefined unless the answers prove that the org applies the filter: one to the same query finds
 * edits that are known, and no row is older than requested.
 */
async function readFiltered(
  target: Target,
  objects: readonly Counted[],
  { since, knownEdits }: { readonly since: string; readonly knownEdits: KnownEdits },
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const names = objects.map(({ id }) => ({ id, rows: 0 }));
  const wanted = [
    { ids: knownEdits.objects, from: Date.parse(knownEdits.since) },
    ...groupForQueries(names).map(({ ids }) => ({ ids, from: Date.parse(since) })),
  ];
  const answers = await readDates(
    target,
    wanted.map(({ ids, from }) => ({ query: datesQuery(ids, from), rows: 1 })),
    signal,
  );
  const found = answers.map((answer, index) => {
    if (answer instanceof RunnerError) throw answer;
    const { from } = wanted[index]!;
    return answer.every(({ date }) => isModifiedSince(date, from)) ? answer : undefined;
  });
  if (!found.every((rows) => rows !== undefined) || found[0]!.length === 0) return undefined;
  return new Set(found.slice(1).flatMap((rows) => rows.map(({ object }) => object)));
}

async function readAllDates(
  target: Target,
  objects: readonly Counted[],
  since: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const queries = groupForQueries(objects).map(({ ids, rows }) => ({
    query: datesQuery(ids),
    rows,
  }));
  const from = Date.parse(since);
  const answers = await readDates(target, queries, signal, ({ date }) =>
    isModifiedSince(date, from),
  );
  const failed = answers.find((answer) => answer instanceof RunnerError);
  if (failed !== undefined) throw failed;
  return new Set(
    answers.flatMap((answer) =>
      answer instanceof RunnerError ? [] : answer.map(({ object }) => object),
    ),
  );
}

function datesQuery(ids: readonly string[], from?: number): string {
  const filter =
    from === undefined ? '' : ` AND LastModifiedDate >= ${new Date(from).toISOString()}`;
  return `SELECT EntityDefinitionId, LastModifiedDate FROM FieldDefinition WHERE EntityDefinitionId IN (${soqlLiterals(ids)})${filter}`;
}

/** A row of FieldDefinition; `date` is empty for a field that was never modified. */
interface DatedField {
  readonly object: string;
  readonly date: string;
}

function readDates(
  target: Target,
  queries: readonly SizedQuery[],
  signal: AbortSignal,
  keep: (field: DatedField) => boolean = () => true,
): Promise<(readonly DatedField[] | RunnerError)[]> {
  const read = (row: unknown): DatedField | undefined => {
    const field = datedField(row);
    return keep(field) ? field : undefined;
  };
  return queryRows({ ...target, what: WHAT }, queries, { read, members: MEMBERS }, signal);
}

const MEMBERS = new WantedMembers([], ['EntityDefinitionId', 'LastModifiedDate']);

function datedField(row: unknown): DatedField {
  const raw: Members<'EntityDefinitionId' | 'LastModifiedDate'> = object(row, 'a row');
  return {
    object: name(raw.EntityDefinitionId, 'EntityDefinitionId'),
    date: optionalText(raw.LastModifiedDate, 'LastModifiedDate') ?? '',
  };
}
