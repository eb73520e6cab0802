import type { EntityRecord } from '../../domain/record.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { EntityWriter } from './entity-writer.ts';
import { bulkResultSchema, byName, isJson, titled } from './entity.ts';
import { fingerprint, sourceHash, type Fingerprint } from './fingerprint.ts';
import { constraintsOf, known, type Constraints } from './foreign-keys.ts';
import type { Lanes } from './lanes.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';
import type { Tally } from './tally.ts';

type Json = Readonly<Record<string, unknown>>;

/** A table on its way to the server. */
interface Outgoing {
  readonly fqn: string;
  readonly request: Json;
  readonly hash: string;
  readonly exists: boolean;
}

/** A table that went without some of its foreign keys, because the tables they point to were not there yet. */
interface Unfinished {
  readonly print: Fingerprint;
  readonly constraints: Constraints;
  readonly sent: number;
}

export interface TableWriterParts {
  readonly server: MetadataServer;
  readonly entities: EntityWriter;
  readonly index: TableIndex;
  readonly tally: Tally;
  readonly lanes: Lanes;
  readonly overrideMetadata: boolean;
  readonly batch: { readonly tables: number; readonly bytes: number };
}

/** Puts tables in bulk, one by one where that does not work, and not at all where nothing has changed. */
export class TableWriter {
  readonly #parts: TableWriterParts;
  readonly #unfinished = new Map<string, Unfinished>();
  #batch: Outgoing[] = [];
  #batchBytes = 0;
  #bulk = true;

  constructor(parts: TableWriterParts) {
    this.#parts = parts;
  }

  async add({ fqn, request }: EntityRecord, signal: AbortSignal): Promise<void> {
    const { index, tally, batch } = this.#parts;
    const print = fingerprint(request);
    const constraints = constraintsOf(request);
    const keys = await known(constraints.foreignKeys, index, signal);
    const stored = await index.get(fqn, signal);
    const hash = sourceHash(print, keys);
    if (stored?.deleted === false && [hash, sourceHash(print, constraints.foreignKeys)].includes(stored.sourceHash ?? '')) return tally.count('unchanged');
    if (keys.length < constraints.foreignKeys.length) this.#unfinished.set(fqn, { print, constraints, sent: keys.length });
    this.#batch.push({ fqn, request: withConstraints(request, [...constraints.own, ...keys], hash), hash, exists: stored !== undefined });
    this.#batchBytes += JSON.stringify(request).length;
    if (this.#batch.length >= batch.tables || this.#batchBytes >= batch.bytes) await this.#send(signal);
  }

  /** Resolves when every table so far has arrived or failed. */
  async flush(signal: AbortSignal): Promise<void> {
    await this.#send(signal);
    await this.#parts.lanes.settle();
  }

  /** When no table comes any more: gives those that have arrived all the foreign keys they can have. */
  async complete(signal: AbortSignal): Promise<void> {
    const { lanes } = this.#parts;
    await this.flush(signal);
    const unfinished = [...this.#unfinished];
    this.#unfinished.clear();
    for (const [fqn, table] of unfinished) await lanes.start(() => this.#finish(fqn, table, signal));
    await lanes.settle();
  }

  async #send(signal: AbortSignal): Promise<void> {
    const tables = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (tables.length > 0) await this.#parts.lanes.start(() => this.#put(tables, signal));
  }

  async #put(tables: readonly Outgoing[], signal: AbortSignal): Promise<void> {
    const alone = this.#bulk && tables.length > 1 ? await this.#putInBulk(tables, signal) : tables;
    for (const table of alone) await this.#putAlone(table, signal);
  }

  /** The answer: the tables that have to be sent again one by one, so that each gets its own verdict. */
  async #putInBulk(tables: readonly Outgoing[], signal: AbortSignal): Promise<readonly Outgoing[]> {
    const { overrideMetadata } = this.#parts;
    const together = tables.filter(({ exists }) => !(exists && overrideMetadata));
    const apart = tables.filter((table) => !together.includes(table));
    const failed = together.length === 0 ? new Set<string>() : await this.#bulkPut(together, signal);
    if (failed === undefined) return tables;
    for (const { fqn, hash } of together) {
      if (failed.has(fqn)) continue;
      await this.#parts.index.put(fqn, { id: undefined, sourceHash: hash, deleted: false }, signal);
      this.#parts.tally.count('written');
    }
    return [...apart, ...together.filter(({ fqn }) => failed.has(fqn))];
  }

  /** The names of the tables that failed; undefined when there is nothing to be had from the answer. */
  async #bulkPut(tables: readonly Outgoing[], signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    const requests: Json[] = [];
    for (const table of tables) requests.push(await this.#prepared(table, signal));
    const answer = await this.#tryBulk(requests, signal);
    if (answer === undefined) return undefined;
    return failedNames(answer, tables);
  }

  /** The answer to a bulk request; undefined when the server has none, or refuses the whole for the sake of one table. */
  async #tryBulk(requests: readonly Json[], signal: AbortSignal): Promise<unknown> {
    const what = `${requests.length} tables`;
    try {
      const answer = await this.#parts.server.send({ method: 'PUT', path: '/tables/bulk', what, body: requests, accept: [400, 404, 405, 413] }, signal);
      if (answer.status === 404 || answer.status === 405) this.#bulk = false;
      return answer.status < 300 ? answer.body : undefined;
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (error.code === 'SINK_FAILED') return undefined;
      throw error;
    }
  }

  async #prepared({ fqn, request, exists }: Outgoing, signal: AbortSignal): Promise<Json> {
    const { entities } = this.#parts;
    return exists ? entities.prepare(request, await entities.find({ type: 'table', fqn }, signal)) : request;
  }

  async #putAlone({ fqn, request, hash, exists }: Outgoing, signal: AbortSignal): Promise<void> {
    const { entities, index, tally } = this.#parts;
    const target = { type: 'table', fqn } as const;
    await tally.attempt(fqn, 'written', signal, async () => {
      const found = exists ? await entities.find(target, signal) : undefined;
      const id = await entities.put(target, request, found, signal);
      await index.put(fqn, { id, sourceHash: hash, deleted: false }, signal);
    });
  }

  /** Adds the foreign keys whose tables have come in the meantime. */
  async #finish(fqn: string, { print, constraints, sent }: Unfinished, signal: AbortSignal): Promise<void> {
    const { server, index, tally } = this.#parts;
    if (!(await index.exists(fqn, signal))) return;
    const keys = await known(constraints.foreignKeys, index, signal);
    if (keys.length < constraints.foreignKeys.length) tally.count('droppedConstraints', constraints.foreignKeys.length - keys.length);
    if (keys.length === sent) return;
    const hash = sourceHash(print, keys);
    const body = [{ op: 'add', path: '/tableConstraints', value: [...constraints.own, ...keys] }, { op: 'add', path: '/sourceHash', value: hash }];
    await tally.attempt(fqn, 'constrained', signal, async () => {
      await server.send({ method: 'PATCH', path: byName('table', fqn), what: titled('table', fqn), body }, signal);
      await index.put(fqn, { id: undefined, sourceHash: hash, deleted: false }, signal);
    });
  }
}

/** The tables that failed by a bulk answer; undefined when it does not say clearly which. */
function failedNames(answer: unknown, sent: readonly Outgoing[]): ReadonlySet<string> | undefined {
  const { data } = bulkResultSchema.safeParse(answer);
  if (data === undefined) return undefined;
  const failed = (data.failedRequest ?? []).map(({ request }) => sent.find((table) => isAbout(request, table))?.fqn);
  const named = failed.filter((fqn) => fqn !== undefined);
  return data.numberOfRowsFailed === named.length && named.length === failed.length ? new Set(named) : undefined;
}

/** A server names a table that failed in full, or gives back the request for it. */
function isAbout(answered: unknown, { fqn, request }: Outgoing): boolean {
  if (!isJson(answered)) return answered === fqn;
  return answered['name'] === request['name'] && answered['databaseSchema'] === request['databaseSchema'];
}

function withConstraints(request: Json, constraints: readonly unknown[], hash: string): Json {
  return { ...request, tableConstraints: constraints.length > 0 ? constraints : undefined, sourceHash: hash };
}
