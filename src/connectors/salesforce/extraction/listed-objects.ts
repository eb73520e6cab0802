import type { Extracted } from '../../connector.ts';
import { FirstAnswers } from '../api/first-answers.ts';
import { QueryPool } from '../api/query-pool.ts';
import { isDescribable } from '../describe/object-kind.ts';
import type { ListedObject, ObjectList } from '../describe/object-list.ts';
import { countQueries } from '../incremental/deleted-fields.ts';
import {
  objectsToRead,
  type ObjectsToRead,
  type ReadDeps,
} from '../incremental/objects-to-read.ts';
import { selectObjects } from '../options/selection.ts';
import { missingObjectRecords } from './failure-records.ts';
import type { RunContext } from './run-context.ts';
import { logSelection } from './run-log.ts';
import { setupQueries } from '../setup/tooling-reader.ts';
import { extractTables, readsTriggerSource } from './table-records.ts';
import { unchangedRecords } from './unchanged-records.ts';

const WHAT = 'setup tables';

/**
 * Reads the selected objects of a new object list, without those that have not changed since the
 * previous run.
 */
export async function* extractListedObjects(
  run: RunContext,
  listing: ObjectList,
  signal: AbortSignal,
): AsyncGenerator<Extracted, void, undefined> {
  const { connection, context, progress, state } = run;
  const selection = selectObjects(listing.objects, connection.objectNames, run.options);
  const selected = namesOf(selection.objects);
  logSelection(run, selection);
  yield* missingObjectRecords(connection, selection.missing);
  const shared = poolOf(run, selection.objects, listing.date);
  const changed = changedObjects(run, selection.objects, listing.date, shared, signal);
  // It never fails. The readers have added their queries before their first wait.
  void shared.pool.send(signal);
  const toRead = await changed;
  const unchanged = namesOf(selection.objects.filter((object) => !toRead.objects.includes(object)));
  for (const name of unchanged) state.carryOver(name);
  yield* unchangedRecords(run, unchanged);
  try {
    const listed = namesOf(listing.objects);
    yield* extractTables(
      run,
      { ...toRead, selected, listed, firstAnswers: shared.firstAnswers },
      signal,
    );
  } finally {
    context.stateStore?.save(
      listing.date === ''
        ? undefined
        : state.snapshot(listing.date, selected.length, selection.missing),
    );
  }
  progress.at('mapping', selected.length, selected.length);
}

/** With what each run needs and can request before it is known which objects are read. */
function poolOf(
  { org, version, options, state, context }: RunContext,
  objects: readonly ListedObject[],
  listedAt: string,
): { readonly pool: QueryPool; readonly firstAnswers: FirstAnswers } {
  const pool = new QueryPool({ api: org.api, version, what: WHAT });
  const setup = objects.some(isDescribable)
    ? setupQueries({ bodies: readsTriggerSource(options) })
    : [];
  const { since } = state;
  // A first run waits for its count before the first describe, so the count has a call of its own.
  const counts =
    isIncremental(context, listedAt) && since !== undefined
      ? countQueries({ listedAt, since })
      : [];
  const queries = [
    ...counts.map((query) => ({ query, rows: 1 })),
    ...setup.map(({ query, rows }) => ({ query, rows: state.rowsOf(query) ?? rows })),
  ];
  const onRows = (query: string, rows: number): void => {
    if (setup.some((one) => one.query === query)) state.setRows(query, rows);
  };
  return { pool, firstAnswers: new FirstAnswers(pool, queries, { what: WHAT, onRows }) };
}

/** Whether the run compares with another or will be compared with. */
function isIncremental({ stateStore }: RunContext['context'], listedAt: string): boolean {
  return stateStore !== undefined && listedAt !== '';
}

/**
 * All objects if no state is stored, or if the org's answer has no date to compare with in the
 * next run.
 */
async function changedObjects(
  { context, org, version, state }: RunContext,
  objects: readonly ListedObject[],
  listedAt: string,
  shared: Pick<ReadDeps, 'pool' | 'firstAnswers'>,
  signal: AbortSignal,
): Promise<ObjectsToRead> {
  if (!isIncremental(context, listedAt)) return { objects, since: () => undefined };
  const deps = { api: org.api, version, logger: context.logger, state, ...shared };
  return objectsToRead(deps, objects, listedAt, signal);
}

function namesOf(objects: readonly ListedObject[]): string[] {
  return objects.map(({ name }) => name);
}
