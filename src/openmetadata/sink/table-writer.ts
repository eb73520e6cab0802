import type { EntityRecord } from '../../domain/record.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { BulkSender, Outgoing } from './bulk-sender.ts';
import type { EntityWriter } from './entity-writer.ts';
import { fingerprint, sourceHash, type Fingerprint } from './fingerprint.ts';
import { constraintsOf, known, missingTables, type Constraints } from './foreign-keys.ts';
import type { Lanes } from './concurrency-limit.ts';
import { LateKeys } from './deferred-keys.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';
import type { Tally } from './write-summary.ts';
import { WaitingTables } from './dependency-queue.ts';

type Json = Readonly<Record<string, unknown>>;

/** A table that is to be written: its request as bytes, since thousands may wait, and what decides when it goes. */
interface Pending {
  readonly fqn: string;
  readonly text: Buffer;
  readonly bytes: number;
  readonly columns: number;
  readonly print: Fingerprint;
  readonly constraints: Constraints;
  readonly exists: boolean;
}

interface Request extends Outgoing, Pick<Pending, 'exists' | 'print' | 'constraints'> {}

export interface Batch {
  readonly tables: number;
  readonly columns: number;
  readonly bytes: number;
}

export interface TableWriterParts {
  readonly server: MetadataServer;
  readonly entities: EntityWriter;
  readonly index: TableIndex;
  readonly tally: Tally;
  readonly lanes: Lanes;
  readonly bulk: BulkSender;
  readonly overrideMetadata: boolean;
  /** What one request may have at most. */
  readonly batch: Batch;
  /** Bytes of requests that may wait for the tables they refer to; beyond that, some go before those. */
  readonly mostHeldBytes: number;
}

/** A server takes several times as long over a column of a table that it has as over one of a new table. */
const UPDATE_WEIGHT = 4;
const FEWEST_COLUMNS = 30;
/** A server takes half as long again over a column of a small request, and three times as long over one of a table put alone. */
const WORTH_A_REQUEST = 250;

/**
 * Puts tables: in bulk, one by one where that does not work, and not at all where nothing has changed. Each goes after the
 * tables that its foreign keys lead to; where they run in circles, or to the table itself, the rest follows in a patch.
 */
export class TableWriter {
  readonly #parts: TableWriterParts;
  readonly #waiting = new WaitingTables<Pending>();
  readonly #lateKeys: LateKeys;
  #ready: Pending[] = [];

  constructor(parts: TableWriterParts) {
    this.#parts = parts;
    this.#lateKeys = new LateKeys(parts);
  }

  /** Resolves when the next table may come, which may be long before this one has arrived. */
  async add({ fqn, request }: EntityRecord, signal: AbortSignal): Promise<void> {
    const { index, lanes, overrideMetadata, mostHeldBytes } = this.#parts;
    const pending = pendingOf(fqn, request, (await index.get(fqn, signal)) !== undefined);
    if (await this.#isUnchanged(pending, signal)) {
      if (!overrideMetadata) return this.#parts.tally.count('unchanged');
      return lanes.start(() => this.#override(fqn, request, signal));
    }
    const missing = await missingTables(pending.constraints.foreignKeys, index, signal);
    missing.delete(fqn);
    if (missing.size === 0) this.#ready.push(pending);
    else this.#waiting.add(pending, missing);
    if (this.#waiting.bytes > mostHeldBytes) this.#ready.push(...this.#waiting.mostWanted());
    while (this.#isFull()) await this.#send(signal);
  }

  /** Resolves when every table so far has arrived or failed, and has the foreign keys that it can have by now. */
  async flush(signal: AbortSignal): Promise<void> {
    const { lanes } = this.#parts;
    for (;;) {
      if (this.#ready.length > 0) await this.#send(signal);
      else if (lanes.busy) await lanes.oneEnds();
      else if (this.#waiting.size > 0) this.#ready.push(...this.#waiting.next());
      else break;
    }
    await lanes.settle();
    await this.#lateKeys.put(false, signal);
  }

  /** The same when no table comes any more: what no key leads to by now never comes. */
  async complete(signal: AbortSignal): Promise<void> {
    await this.flush(signal);
    await this.#lateKeys.put(true, signal);
  }

  async #isUnchanged(
    { fqn, print, constraints: { foreignKeys } }: Pending,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { index } = this.#parts;
    const stored = await index.get(fqn, signal);
    if (stored?.deleted !== false || stored.sourceHash === undefined) return false;
    return (
      stored.sourceHash === sourceHash(print, foreignKeys) ||
      stored.sourceHash === sourceHash(print, await known(foreignKeys, index, signal))
    );
  }

  /** The source says what it said, and people may have said something else since. */
  async #override(fqn: string, request: Json, signal: AbortSignal): Promise<void> {
    const { tally, entities } = this.#parts;
    let changed = false;
    await tally.attempt(
      fqn,
      () => (changed ? 'written' : 'unchanged'),
      signal,
      async () => {
        changed = await entities.override({ type: 'table', fqn }, request, signal);
      },
    );
  }

  #isFull(): boolean {
    const { batch } = this.#parts;
    return (
      this.#ready.length >= batch.tables ||
      sum(this.#ready, ({ bytes }) => bytes) >= batch.bytes ||
      sum(this.#ready, weight) >= this.#mostColumns
    );
  }

  /** Half as many after each time-out. */
  get #mostColumns(): number {
    const { batch, bulk } = this.#parts;
    return Math.max(FEWEST_COLUMNS, batch.columns / 2 ** Math.min(bulk.timeouts, 10));
  }

  /** While others wait for what is ready, each lane takes a part of it. */
  get #share(): number {
    const parts = this.#waiting.size > 0 ? this.#parts.lanes.limit : 1;
    return Math.min(this.#mostColumns, Math.max(WORTH_A_REQUEST, sum(this.#ready, weight) / parts));
  }

  /** Sends what is ready, as much of it as fits one request. */
  async #send(signal: AbortSignal): Promise<void> {
    const { batch, lanes } = this.#parts;
    await lanes.start(async () => {
      const taken: Pending[] = [];
      let [bytes, columns] = [0, 0];
      const mostColumns = this.#share;
      while (
        this.#ready[0] !== undefined &&
        taken.length < batch.tables &&
        bytes < batch.bytes &&
        columns < mostColumns
      ) {
        const next = this.#ready.shift()!;
        taken.push(next);
        bytes += next.bytes;
        columns += weight(next);
      }
      await this.#put(taken, signal);
    });
  }

  async #put(tables: readonly Pending[], signal: AbortSignal): Promise<void> {
    const { bulk, tally, overrideMetadata } = this.#parts;
    const requests: Request[] = [];
    for (const table of tables) requests.push(await this.#requestFor(table, signal));
    const together = requests.filter(
      ({ exists }) => !(exists && (overrideMetadata || requests.length === 1)),
    );
    const prepared: Request[] = [];
    for (const table of together)
      prepared.push({ ...table, request: await this.#prepared(table, signal) });
    const { arrived, alone } = await bulk.put(prepared, signal);
    for (const table of arrived) {
      await this.#arrived(table, undefined, signal);
      tally.count('written');
    }
    const names = new Set(alone.map(({ fqn }) => fqn));
    for (const table of requests)
      if (names.has(table.fqn) || !together.includes(table)) await this.#putAlone(table, signal);
  }

  /** With the foreign keys that the server can take by now. */
  async #requestFor(
    { fqn, text, print, constraints, exists }: Pending,
    signal: AbortSignal,
  ): Promise<Request> {
    const keys = await known(constraints.foreignKeys, this.#parts.index, signal);
    if (keys.length < constraints.foreignKeys.length)
      this.#lateKeys.note(fqn, { print, constraints, sent: keys.length });
    const hash = sourceHash(print, keys);
    const request = JSON.parse(text.toString('utf8')) as Json;
    return {
      fqn,
      exists,
      print,
      constraints,
      hash,
      request: withConstraints(request, [...constraints.own, ...keys], hash),
    };
  }

  async #prepared({ fqn, request, exists }: Request, signal: AbortSignal): Promise<Json> {
    const { entities } = this.#parts;
    return exists
      ? entities.prepare(request, await entities.find({ type: 'table', fqn }, signal))
      : request;
  }

  async #arrived(
    { fqn, hash }: Outgoing,
    id: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#parts.index.put(fqn, { id, sourceHash: hash, deleted: false }, signal);
    this.#ready.push(...this.#waiting.arrived(fqn));
  }

  async #putAlone(table: Request, signal: AbortSignal): Promise<void> {
    const { tally } = this.#parts;
    await tally.attempt(table.fqn, 'written', signal, () => this.#tryAlone(table, signal));
  }

  /** A table is not lost over its foreign keys. Throws the server's first word when it refuses the table without them, too. */
  async #tryAlone(table: Request, signal: AbortSignal): Promise<void> {
    const {
      fqn,
      print,
      constraints: { own },
      request,
    } = table;
    try {
      await this.#putOne(table, signal);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      const { foreignKeys } = constraintsOf(request);
      if (error.code !== 'SINK_REJECTED' || foreignKeys.length === 0) throw error;
      const hash = sourceHash(print, []);
      await this.#putOne(
        { ...table, hash, request: withConstraints(request, own, hash) },
        signal,
      ).catch(() => {
        throw error;
      });
      this.#lateKeys.forget(fqn);
      this.#parts.tally.count('droppedConstraints', foreignKeys.length);
    }
  }

  async #putOne(
    { fqn, request, hash, exists }: Pick<Request, 'fqn' | 'request' | 'hash' | 'exists'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { entities } = this.#parts;
    const target = { type: 'table', fqn } as const;
    const found = exists ? await entities.find(target, signal) : undefined;
    await this.#arrived(
      { fqn, request, hash },
      await entities.put(target, request, found, signal),
      signal,
    );
  }
}

function pendingOf(fqn: string, request: Json, exists: boolean): Pending {
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

function weight({ columns, exists }: Pending): number {
  return columns * (exists ? UPDATE_WEIGHT : 1);
}

function sum<T>(elements: readonly T[], of: (element: T) => number): number {
  return elements.reduce((total, element) => total + of(element), 0);
}

function withConstraints(request: Json, constraints: readonly unknown[], hash: string): Json {
  const { tableConstraints: _, ...rest } = request;
  return {
    ...rest,
    ...(constraints.length > 0 ? { tableConstraints: constraints } : {}),
    sourceHash: hash,
  };
}
