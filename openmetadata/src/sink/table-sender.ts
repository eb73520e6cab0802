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
}

/**
 * Sends tables in bulk, with the edits of people. Tables whose columns change their type go in
 * small requests: for each, a server goes through its whole search index. Requests may go side by
 * side: of two passes that conflict, the server gives up one, which does no harm because the
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
    const [retyped, others] = [
      prepared.filter(({ isRetyped }) => isRetyped),
      prepared.filter(({ isRetyped }) => !isRetyped),
    ].map((part) => part.map(({ table }) => table));
    const sent = [await this.#bulk.put(others!, signal)];
    for (let start = 0; start < retyped!.length; start += RETYPED_TABLES) {
      const few = retyped!.slice(start, start + RETYPED_TABLES);
      sent.push(await this.#bulk.put(few, signal));
    }
    return {
      arrived: sent.flatMap(({ arrived }) => arrived),
      alone: sent.flatMap(({ alone }) => alone),
    };
  }

  async #prepare(table: TableRequest, signal: AbortSignal): Promise<Prepared> {
    const { fqn, exists } = table;
    const found = exists ? await this.#entities.find({ type: 'table', fqn }, signal) : undefined;
    if (found === undefined) return { table, isRetyped: false };
    const request = this.#entities.prepare(table.request, found);
    return { table: { ...table, request }, isRetyped: changesTypes(request, found.entity) };
  }
}
