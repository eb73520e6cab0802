import type { EntityRecord, FailureRecord } from '../../../../foundation/src/domain/record.ts';
import { assertTable } from '../../../../openmetadata/src/table-check.ts';
import type { Clock } from '../../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../errors/errors.ts';
import type { Org } from '../api/org.ts';
import type { Found } from '../describe/definitions.ts';
import type { DescribeOutcome } from '../describe/describe-call.ts';
import { describeObjects, type DescribeOptions } from '../describe/describe-objects.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { parallelMap } from '../../../../foundation/src/runtime/parallel-map.ts';
import { readAhead } from '../../../../foundation/src/runtime/read-ahead.ts';
import { EventLoopYield } from '../../../../foundation/src/runtime/event-loop-yield.ts';
import type { OrgModel } from '../lineage/org-model.ts';
import { tableOf, type Table, type TableContext } from '../mapping/table.ts';
import type { ToolingReader, ToolingLookup } from '../setup/tooling-reader.ts';
import { type Batch, batchesOf } from './definition-batches.ts';
import { DefinitionCalls } from './definition-calls.ts';
import { failureRecord } from './failure-records.ts';
import type { ProgressReport } from './progress-report.ts';

/** Concurrent calls for definitions if the org permits as many; described objects wait for them. */
const CONCURRENCY = 16;
/** Memory of described objects that wait for such a call, and of those that wait for the reader. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;
export interface TablesDeps {
  readonly org: Pick<Org, 'api' | 'limit' | 'pause'>;
  readonly version: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly toolingReader: Pick<ToolingReader, 'fields' | 'lookup' | 'sharedRead'>;
  /** Every object that was read is added. */
  readonly model: OrgModel;
  readonly mapping: TableContext;
  readonly progress: ProgressReport;
  /** Called once when the last object is described whose definitions are read. */
  readonly onLastDefinitions: () => void;
  /** See DescribeOptions. */
  readonly since: (object: ListedObject) => string | undefined;
}

/**
 * An object's table, its failure, or that it is unchanged. `partial`: a transient error withheld a
 * part of the table.
 */
export type Outcome =
  | { readonly listed: ListedObject; readonly unchanged: true }
  | {
      readonly listed: ListedObject;
      readonly table: Table;
      readonly record: EntityRecord;
      readonly partial: boolean;
    }
  | { readonly listed: ListedObject; readonly record: FailureRecord };

/**
 * The table of each object, in the order they become ready. A table is built when the consumer
 * takes it, not before. Throws SALESFORCE_LIMIT_REACHED when no more calls are allowed, after the
 * calls under way have ended.
 */
export async function* tablesOf(
  objects: readonly ListedObject[],
  deps: TablesDeps,
  signal: AbortSignal,
): AsyncGenerator<Outcome, void, undefined> {
  let limitError: RunnerError | undefined;
  const onSpent = (error: RunnerError): void => void (limitError ??= error);
  const calls = new DefinitionCalls(objects, deps.onLastDefinitions);
  const read = readAhead(
    (scope) => {
      const batches = describedBatches(objects, { calls, onSpent }, deps, scope);
      return withToolingMetadata(batches, calls, deps, scope);
    },
    { weight: ({ batch }) => bytesOf(batch), max: MAX_WAITING_BYTES },
    signal,
  );
  const loopYield = new EventLoopYield();
  for await (const { batch, metadata } of read) {
    for (const item of batch) {
      yield outcomeOf(item, metadata, deps);
      await loopYield.whenDue(signal);
    }
  }
  if (limitError !== undefined) throw limitError;
}

/** Described objects, each list for one call for definitions. */
function describedBatches(
  objects: readonly ListedObject[],
  { calls, onSpent }: { readonly calls: DefinitionCalls } & Pick<DescribeOptions, 'onSpent'>,
  { org: { api, limit, pause }, version, since, progress }: TablesDeps,
  signal: AbortSignal,
): AsyncIterable<Batch> {
  const reserved = (): number => calls.reserved;
  const options = { api, version, limit, since, pause, onSpent, reserved };
  const described = readAhead(
    (scope) => calls.described(describeObjects(objects, options, scope)),
    { weight: bytesOf, max: MAX_WAITING_BYTES },
    signal,
  );
  return batchesOf(described, {
    objects: { total: objects.length, describable: calls.objects },
    progress,
    maxRows: () => calls.rows,
  });
}

function bytesOf(batch: Batch): number {
  return batch.reduce((sum, item) => sum + ('describe' in item ? item.describe.bytes : 0), 0);
}

interface BatchWithMetadata {
  readonly batch: Batch;
  readonly metadata: Found<ToolingLookup>;
}

function withToolingMetadata(
  batches: AsyncIterable<Batch>,
  calls: DefinitionCalls,
  { org: { limit }, toolingReader, clock }: TablesDeps,
  signal: AbortSignal,
): AsyncIterable<BatchWithMetadata> {
  return parallelMap(
    batches,
    () => Math.min(CONCURRENCY, limit.value),
    signal,
    async (batch, callSignal) => {
      const objects = batch
        .filter((item) => 'describe' in item)
        .map(({ listed, describe }) => ({ listed, fields: describe.size }));
      calls.started(batch);
      await toolingReader.sharedRead();
      const started = clock.monotonic();
      const fields = await toolingReader.fields(objects, callSignal);
      calls.ended(clock.monotonic() - started);
      return { batch, metadata: await toolingReader.lookup(fields, callSignal) };
    },
  );
}

function outcomeOf(
  item: DescribeOutcome,
  { found: metadata, lost }: Found<ToolingLookup>,
  { model, mapping }: TablesDeps,
): Outcome {
  const { listed } = item;
  if ('unchanged' in item) return item;
  if ('error' in item) return { listed, record: failureRecord(listed.name, item.error) };
  try {
    const object = item.describe.read();
    model.add(object);
    const table = tableOf(object, mapping, metadata(listed));
    assertTable(table.fqn, table.request);
    return { listed, table, record: tableRecord(table), partial: lost };
  } catch (thrown) {
    return { listed, record: failureRecord(listed.name, RunnerError.from(thrown)) };
  }
}

function tableRecord({ fqn, request, properties }: Table): EntityRecord {
  return {
    kind: 'entity',
    type: 'table',
    fqn,
    request: { ...request },
    properties: { ...properties },
  };
}
