import type { EntityRecord, FailureRecord } from '../../../domain/record.ts';
import { assertTable } from '../../../openmetadata/table-check.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { Annotator, Notes } from '../setup/annotator.ts';
import { isDescribable } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { describeObjects, type Described } from '../describe/describe-objects.ts';
import type { Found } from '../describe/definitions.ts';
import { MAX_ROWS } from '../api/soql.ts';
import { parallelMap } from '../../../runtime/parallel-map.ts';
import type { Org } from '../api/org.ts';
import type { OrgModel } from '../lineage/org-model.ts';
import type { ProgressReport } from './progress-report.ts';
import { tableOf, type Table, type TableContext } from '../mapping/table.ts';
import { MAX_QUERIES } from '../api/query-many.ts';
import { EventLoopYield } from '../../../runtime/event-loop-yield.ts';

/** Calls for descriptions under way at once; the describes they are about wait for them. */
const DESCRIPTION_LANES = 8;
/**
 * A call for descriptions holds a query for each so many objects, up to the five that fit: the larger the org, the more calls
 * are saved, and the less it matters that a fuller call takes longer. One that takes as long as this makes the next less full.
 */
const OBJECTS_A_QUERY = 1500;
const LONG_CALL_MS = 10_000;

export interface TablesOptions {
  readonly org: Pick<Org, 'api' | 'limit' | 'pause'>;
  readonly version: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly annotator: Pick<Annotator, 'notesOn'>;
  /** Told of every object that was read. */
  readonly model: OrgModel;
  readonly mapping: TableContext;
  readonly progress: ProgressReport;
  /** See DescribesOptions. */
  readonly since: (object: ListedObject) => string | undefined;
}

/**
 * What became of an object: a table, or the reason why there is none, or nothing new. `partly` says that a passing error has
 * kept something from us that belongs to the table.
 */
export type Outcome =
  | { readonly listed: ListedObject; readonly unchanged: true }
  | {
      readonly listed: ListedObject;
      readonly table: Table;
      readonly record: EntityRecord;
      readonly partly: boolean;
    }
  | { readonly listed: ListedObject; readonly record: FailureRecord };

type Batch = readonly Described[];

/**
 * The table of each object, in the order they are ready: its describe, and all that is known of it besides. An object
 * becomes a table when it is asked for and not before. Throws SALESFORCE_LIMIT_REACHED when no more calls may be made,
 * after what was under way.
 */
export async function* tablesOf(
  objects: readonly ListedObject[],
  options: TablesOptions,
  signal: AbortSignal,
): AsyncGenerator<Outcome, void, undefined> {
  const {
    org: { api, limit, pause },
    version,
    clock,
    annotator,
    progress,
    since,
  } = options;
  let spent: RunnerError | undefined;
  const described = describeObjects(
    objects,
    { api, version, limit, since, pause, onSpent: (error) => (spent ??= error) },
    signal,
  );
  const call = {
    queries: Math.max(1, Math.min(MAX_QUERIES, Math.ceil(objects.length / OBJECTS_A_QUERY))),
  };
  const noted = parallelMap(
    batchesOf(described, objects.length, progress, () => call.queries),
    () => DESCRIPTION_LANES,
    signal,
    async (batch, within) => {
      const found = batch
        .filter((item) => 'describe' in item)
        .map(({ listed, describe }) => ({ listed, fields: describe.size }));
      const started = clock.monotonic();
      const notes = await annotator.notesOn(found, within);
      if (clock.monotonic() - started > LONG_CALL_MS) call.queries = Math.max(1, call.queries - 1);
      return { batch, notes };
    },
  );
  const loopYield = new EventLoopYield();
  for await (const { batch, notes } of noted) {
    for (const item of batch) {
      yield outcomeOf(item, notes, options);
      await loopYield.whenDue(signal);
    }
  }
  if (spent !== undefined) throw spent;
}

/** Collects describes until their fields fill the queries of a call for descriptions; what needs none does not wait for it. */
async function* batchesOf(
  groups: AsyncIterable<Batch>,
  total: number,
  progress: ProgressReport,
  mostQueries: () => number,
): AsyncGenerator<Batch, void, undefined> {
  let batch: Described[] = [];
  let [queries, rows, done] = [1, 0, 0];
  for await (const group of groups) {
    progress.at('describe', (done += group.length), total);
    const { waiting = [], ready = [] } = Object.groupBy(group, (item) =>
      'describe' in item && isDescribable(item.listed) ? 'waiting' : 'ready',
    );
    if (ready.length > 0) yield ready;
    for (const item of waiting) {
      const added = 'describe' in item ? item.describe.size : 0;
      if (rows > 0 && rows + added > MAX_ROWS) {
        [queries, rows] = [queries + 1, 0];
        if (queries > mostQueries()) {
          yield batch;
          [batch, queries] = [[], 1];
        }
      }
      batch.push(item);
      rows += added;
    }
  }
  progress.at('descriptions', total, total);
  if (batch.length > 0) yield batch;
}

function outcomeOf(
  item: Described,
  { found: notes, lost }: Found<Notes>,
  { model, mapping }: TablesOptions,
): Outcome {
  const { listed } = item;
  if ('unchanged' in item) return item;
  if ('error' in item) return { listed, record: failureOf(listed.name, item.error) };
  try {
    const object = item.describe.read();
    model.add(object);
    const table = tableOf(object, mapping, notes(listed));
    assertTable(table.fqn, table.request);
    return {
      listed,
      table,
      record: {
        kind: 'entity',
        type: 'table',
        fqn: table.fqn,
        request: { ...table.request },
        properties: { ...table.properties },
      },
      partly: lost,
    };
  } catch (thrown) {
    return { listed, record: failureOf(listed.name, RunnerError.from(thrown)) };
  }
}

export function failureOf(name: string, error: RunnerError): FailureRecord {
  return { kind: 'failure', failure: { ...error.toFailure(), name } };
}
