import type { Sent } from './bulk-result.ts';
import type { BulkSender } from './bulk-sender.ts';
import { changesTypes } from './edits.ts';
import type { EntityWriter } from './entity-writer.ts';
import type { TableRequest } from './table-request.ts';

/**
 * Tables of one request whose columns change their type: each takes a server as long as a whole
 * request of others.
 */
const RETYPED_TABLES = 3;

interface Prepared {
  readonly table: TableRequest;
  readonly isRetyped: boolean;
  /** What is sent after it. */
  readonly second?: TableRequest;
}

/**
 * Sends tables in bulk, with users' edits. Tables whose columns change their type go in
 * small requests: for each, a server goes through its whole search index. Requests may go side by
 * side: of two passes that conflict, the server abandons one, which does no harm because the
 * columns keep their names. All tables of a service change when another program has filled it.
 */
export class TableSender {
  readonly #entities: EntityWriter;
  readonly #bulk: BulkSender;

  constructor(entities: EntityWriter, bulk: BulkSender) {
    this.#entities = entities;
    this.#bulk = bulk;
  }

  async put(tables: readonly TableRequest[], signal: AbortSignal): Promise<Sent> {
    const prepared: Prepared[] = [];
    for (const table of tables) prepared.push(await this.#prepare(table, signal));
    const others = prepared.filter(({ isRetyped }) => !isRetyped);
    const retyped = prepared.filter(({ isRetyped }) => isRetyped);
    const sent = [await this.#bulk.put(tablesOf(others), signal)];
    for (let start = 0; start < retyped.length; start += RETYPED_TABLES)
      sent.push(await this.#putRetyped(retyped.slice(start, start + RETYPED_TABLES), signal));
    return {
      arrived: sent.flatMap(({ arrived }) => arrived),
      retrySingly: sent.flatMap(({ retrySingly }) => retrySingly),
    };
  }

  async #putRetyped(few: readonly Prepared[], signal: AbortSignal): Promise<Sent> {
    const { arrived, retrySingly } = await this.#bulk.put(tablesOf(few), signal);
    const names = new Set(arrived.map(({ fqn }) => fqn));
    const seconds = few.flatMap(({ second }) =>
      second !== undefined && names.has(second.fqn) ? [second] : [],
    );
    const { retrySingly: rejected } = await this.#bulk.put(seconds, signal);
    const again = new Set(rejected.map(({ fqn }) => fqn));
    return {
      arrived: arrived.filter(({ fqn }) => !again.has(fqn)),
      retrySingly: [...retrySingly, ...rejected],
    };
  }

  async #prepare(table: TableRequest, signal: AbortSignal): Promise<Prepared> {
    const { fqn, exists } = table;
    const found = exists ? await this.#entities.find({ type: 'table', fqn }, signal) : undefined;
    if (found === undefined) return { table, isRetyped: false };
    const request = this.#entities.prepare(table.request, found);
    if (!changesTypes(request, found)) return { table: { ...table, request }, isRetyped: false };
    const second = await this.#entities.second(fqn, request, found, signal);
    return {
      table: { ...table, request },
      isRetyped: true,
      ...(second === undefined ? {} : { second: { ...table, request: second } }),
    };
  }
}

function tablesOf(prepared: readonly Prepared[]): readonly TableRequest[] {
  return prepared.map(({ table }) => table);
}
