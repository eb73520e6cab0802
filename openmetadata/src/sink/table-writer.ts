import type { Json } from '../../../foundation/src/domain/json.ts';
import type { EntityRecord } from '../../../foundation/src/domain/record.ts';
import type { BulkSender } from './bulk-sender.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';
import { DeferredKeys } from './deferred-keys.ts';
import { DependencyQueue } from './dependency-queue.ts';
import type { EntityWriter } from './entity-writer.ts';
import { fingerprint, sourceHash } from './fingerprint.ts';
import { constraintsOf, missingTables, resolvableKeys } from './foreign-keys.ts';
import type { MetadataServer } from './server.ts';
import { structureOf } from './structure.ts';
import { TableBatch, type BatchLimits, type PendingTable } from './table-batch.ts';
import type { TableIndex } from './table-index.ts';
import { requestOf, putTableAlone, type TableRequest } from './table-request.ts';
import { TableSender } from './table-sender.ts';
import type { WriteSummary } from './write-summary.ts';

export interface TableWriterDeps {
  readonly server: MetadataServer;
  readonly entities: EntityWriter;
  readonly index: TableIndex;
  readonly summary: WriteSummary;
  readonly concurrency: ConcurrencyLimit;
  readonly bulk: BulkSender;
  readonly overrideMetadata: boolean;
  readonly batch: BatchLimits;
  /**
   * Size limit of the requests that wait for the tables they refer to; beyond it, some are sent
   * before those.
   */
  readonly maxHeldBytes: number;
}

/**
 * Writes tables: in bulk, one by one where bulk fails, and unchanged ones not at all. Each table
 * follows the tables its foreign keys refer to. A new table with a key to itself or within a cycle
 * is created without any keys, which follow in a patch: the server looks up the targets of all keys
 * of a table each time it writes the table to its search index.
 */
export class TableWriter {
  readonly #deps: TableWriterDeps;
  readonly #waiting = new DependencyQueue<PendingTable>();
  readonly #deferred: DeferredKeys;
  readonly #batch: TableBatch;
  readonly #sender: TableSender;
  /** The tables of this run so far. */
  readonly #received = new Set<string>();

  constructor(deps: TableWriterDeps) {
    this.#deps = deps;
    this.#deferred = new DeferredKeys(deps);
    this.#sender = new TableSender(deps.entities, deps.bulk);
    this.#batch = new TableBatch(deps.batch, () => deps.bulk.timeouts);
  }

  /** Resolves when the next table may be added, which may be long before this one has arrived. */
  async add({ fqn, request }: EntityRecord, signal: AbortSignal): Promise<void> {
    const { index, concurrency, overrideMetadata, summary, maxHeldBytes } = this.#deps;
    this.#received.add(fqn);
    summary.tableReceived();
    const pending = pendingOf(fqn, request, (await index.get(fqn, signal)) !== undefined);
    if (await this.#isUnchanged(pending, request, signal)) {
      if (!overrideMetadata) {
        summary.count('unchanged');
        return summary.tableDone();
      }
      return concurrency.start(() => this.#override(fqn, request, signal));
    }
    const missing = await missingTables(pending.constraints.foreignKeys, index, signal);
    if (missing.size === 0 || missing.has(fqn)) this.#batch.add(pending);
    else this.#waiting.add(pending, missing);
    if (this.#waiting.bytes > maxHeldBytes) this.#batch.add(...this.#waiting.takeMostWanted());
    while (this.#batch.isFull) await this.#send(signal);
  }

  /**
   * Resolves when every table so far has arrived or failed, with the foreign keys whose targets
   * exist by now.
   */
  async flush(signal: AbortSignal): Promise<void> {
    const { concurrency } = this.#deps;
    for (;;) {
      if (!this.#batch.isEmpty) await this.#send(signal);
      else if (concurrency.isBusy) await concurrency.nextEnd();
      else if (this.#waiting.size > 0) this.#batch.add(...this.#waiting.takeNext());
      else break;
    }
    await concurrency.settle();
    await this.#deferred.send(false, signal);
  }

  /** Flushes after the last table: foreign keys whose target is still missing are dropped. */
  async complete(signal: AbortSignal): Promise<void> {
    await this.flush(signal);
    await this.#deferred.send(true, signal);
  }

  /** Whether the server has what was sent of this source, and it has not changed since. */
  async #isUnchanged(
    { fqn, print, constraints: { own, foreignKeys } }: PendingTable,
    request: Json,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { index } = this.#deps;
    const stored = await index.get(fqn, signal);
    if (stored?.deleted !== false || stored.sourceHash === undefined) return false;
    for (const keys of [foreignKeys, await resolvableKeys(foreignKeys, index, signal)]) {
      if (stored.sourceHash !== sourceHash(print, keys)) continue;
      const sent = { ...request, tableConstraints: [...own, ...keys] };
      return stored.structure === undefined || stored.structure === structureOf(sent);
    }
    return false;
  }

  /** The source has not changed, but users may have edited the table since. */
  async #override(fqn: string, request: Json, signal: AbortSignal): Promise<void> {
    const { summary, entities } = this.#deps;
    let changed = false;
    const outcome = (): 'written' | 'unchanged' => (changed ? 'written' : 'unchanged');
    await summary.attempt(fqn, outcome, signal, async () => {
      changed = await entities.override({ type: 'table', fqn }, request, signal);
    });
    summary.tableDone();
  }

  /**
   * Sends one request of ready tables. While tables wait for these, all connections share the work.
   */
  async #send(signal: AbortSignal): Promise<void> {
    const { concurrency } = this.#deps;
    await concurrency.start(async () => {
      const shares = this.#waiting.size > 0 ? concurrency.limit : 1;
      await this.#put(this.#batch.take(shares), signal);
    });
  }

  async #put(tables: readonly PendingTable[], signal: AbortSignal): Promise<void> {
    const { summary, overrideMetadata } = this.#deps;
    const requests: TableRequest[] = [];
    for (const table of tables) requests.push(await this.#requestFor(table, signal));
    const together = requests.filter(
      ({ exists }) => !(exists && (overrideMetadata || requests.length === 1)),
    );
    const { arrived, retrySingly } = await this.#sender.put(together, signal);
    for (const table of arrived) {
      await this.#arrived(table, undefined, signal);
      summary.count('written');
      summary.tableDone();
    }
    const names = new Set(retrySingly.map(({ fqn }) => fqn));
    for (const table of requests)
      if (names.has(table.fqn) || !together.includes(table)) await this.#putAlone(table, signal);
  }

  /** The request with the foreign keys that the server can accept by now; defers the others. */
  async #requestFor(table: PendingTable, signal: AbortSignal): Promise<TableRequest> {
    const { index } = this.#deps;
    const { fqn, print, constraints, exists } = table;
    const missing = await missingTables(constraints.foreignKeys, index, signal);
    if (missing.size === 0) return requestOf(table, constraints.foreignKeys);
    const isPatched = !exists && [...missing].some((target) => this.#received.has(target));
    const keys = isPatched ? [] : await resolvableKeys(constraints.foreignKeys, index, signal);
    this.#deferred.defer(fqn, { print, constraints, sent: keys.length });
    return requestOf(table, keys);
  }

  async #arrived(
    { fqn, hash }: Pick<TableRequest, 'fqn' | 'hash'>,
    id: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#deps.index.put(fqn, { id, sourceHash: hash, deleted: false }, signal);
    this.#batch.add(...this.#waiting.arrived(fqn));
  }

  async #putAlone(table: TableRequest, signal: AbortSignal): Promise<void> {
    const { summary, entities } = this.#deps;
    await summary.attempt(table.fqn, 'written', signal, async () => {
      const dropped = await putTableAlone(table, entities, signal, (sent, id) =>
        this.#arrived(sent, id, signal),
      );
      if (dropped === 0) return;
      this.#deferred.forget(table.fqn);
      summary.count('droppedConstraints', dropped);
    });
    summary.tableDone();
  }
}

function pendingOf(fqn: string, request: Json, exists: boolean): PendingTable {
  const text = Buffer.from(JSON.stringify(request));
  const columns = Array.isArray(request['columns']) ? request['columns'].length : 0;
  return {
    fqn,
    text,
    bytes: text.length,
    columns,
    print: fingerprint(request),
    constraints: constraintsOf(request),
    exists,
  };
}
