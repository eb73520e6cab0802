import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { parentOf } from '../names.ts';
import { byName, readAs, storedEntitySchema, titled } from './entity.ts';
import { listEntities } from './listing.ts';
import type { MetadataServer } from './server.ts';
import { structureOf } from './structure.ts';

/** The known state of a table on the server. */
export interface IndexedTable {
  /** Undefined after a bulk request, whose response holds no ids. */
  readonly id: string | undefined;
  readonly sourceHash: string | undefined;
  readonly deleted: boolean;
  /** As others may have left it since; undefined for a table that this run has written. */
  readonly structure?: string | undefined;
}

/** From this number of unknown ids, listing the schema is cheaper than single requests. */
const MIN_UNKNOWN_TO_LIST = 25;

/** The tables on the server by fully qualified name, listed per schema on first use. */
export class TableIndex {
  readonly #server: MetadataServer;
  readonly #schemas = new Map<string, Promise<Map<string, IndexedTable>>>();

  constructor(server: MetadataServer) {
    this.#server = server;
  }

  /** Notes a schema that was just created: it has no tables to list. */
  addEmptySchema(schema: string): void {
    this.#schemas.set(schema, Promise.resolve(new Map()));
  }

  async get(fqn: string, signal: AbortSignal): Promise<IndexedTable | undefined> {
    return (await this.tables(parentOf(fqn), signal)).get(fqn);
  }

  /** Whether the table exists and is not deleted. */
  async exists(fqn: string, signal: AbortSignal): Promise<boolean> {
    return (await this.get(fqn, signal))?.deleted === false;
  }

  async put(fqn: string, table: IndexedTable, signal: AbortSignal): Promise<void> {
    const tables = await this.tables(parentOf(fqn), signal);
    tables.set(fqn, { ...table, id: table.id ?? tables.get(fqn)?.id });
  }

  /** Notes that a table, or a schema or database with all its tables, was deleted. */
  async deleted(fqn: string, isTable: boolean, signal: AbortSignal): Promise<void> {
    for (const schema of this.#schemas.keys())
      if (schema === fqn || schema.startsWith(`${fqn}.`)) this.#schemas.delete(schema);
    if (!isTable || !this.#schemas.has(parentOf(fqn))) return;
    const table = await this.get(fqn, signal);
    if (table !== undefined) await this.put(fqn, { ...table, deleted: true }, signal);
  }

  /** All tables of a schema, including deleted ones. */
  tables(schema: string, signal: AbortSignal): Promise<Map<string, IndexedTable>> {
    const known = this.#schemas.get(schema);
    if (known !== undefined) return known;
    const listing = this.#list(schema, signal);
    this.#schemas.set(schema, listing);
    listing.catch(() => this.#schemas.delete(schema));
    return listing;
  }

  /** Throws SINK_REJECTED when the server has no such table. */
  async id(fqn: string, signal: AbortSignal): Promise<string> {
    const known = await this.get(fqn, signal);
    if (known?.id !== undefined) return known.id;
    const schema = parentOf(fqn);
    const unknown = [...(await this.tables(schema, signal)).values()].filter(
      ({ id }) => id === undefined,
    ).length;
    if (unknown >= MIN_UNKNOWN_TO_LIST) {
      this.#schemas.delete(schema);
      const listed = (await this.get(fqn, signal))?.id;
      if (listed !== undefined) return listed;
    }
    return this.#fetchId(fqn, signal);
  }

  /** The table's current state on the server, which may differ from the indexed one. */
  async fetch(
    fqn: string,
    signal: AbortSignal,
  ): Promise<(IndexedTable & { readonly id: string }) | undefined> {
    return this.#read(fqn, [404], signal);
  }

  /**
   * Like `fetch`, while the server may be creating the table: it answers 500 for a table that it
   * has stored without its place in the schema so far.
   */
  async look(fqn: string, signal: AbortSignal): Promise<IndexedTable | undefined> {
    return this.#read(fqn, [404, 500], signal);
  }

  async #read(
    fqn: string,
    absent: readonly number[],
    signal: AbortSignal,
  ): Promise<(IndexedTable & { readonly id: string }) | undefined> {
    const what = titled('table', fqn);
    const path = `${byName('table', fqn)}?include=all&fields=sourceHash`;
    const answer = await this.#server.send({ method: 'GET', path, what, accept: absent }, signal);
    if (absent.includes(answer.status)) return undefined;
    const { id, sourceHash, deleted } = readAs(storedEntitySchema, answer.body, what);
    return { id, sourceHash, deleted };
  }

  async #fetchId(fqn: string, signal: AbortSignal): Promise<string> {
    const found = await this.fetch(fqn, signal);
    if (found === undefined)
      throw new RunnerError('SINK_REJECTED', `${titled('table', fqn)} is not on the server`);
    await this.put(fqn, found, signal);
    return found.id;
  }

  async #list(schema: string, signal: AbortSignal): Promise<Map<string, IndexedTable>> {
    const tables = new Map<string, IndexedTable>();
    const path = `/tables?databaseSchema=${encodeURIComponent(schema)}&fields=sourceHash,tableConstraints`;
    const listed = listEntities(this.#server, path, `tables of "${schema}"`, signal);
    for await (const { id, fullyQualifiedName, sourceHash, deleted, ...table } of listed)
      tables.set(fullyQualifiedName, { id, sourceHash, deleted, structure: structureOf(table) });
    return tables;
  }
}

/** The table's name in a column's fully qualified name. */
export const tableOf = parentOf;
