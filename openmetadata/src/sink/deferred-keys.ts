import type { ConcurrencyLimit } from './concurrency-limit.ts';
import { byName, titled } from './entity.ts';
import { sourceHash, type Fingerprint } from './fingerprint.ts';
import { resolvableKeys, type Constraints } from './foreign-keys.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';
import type { WriteSummary } from './write-summary.ts';

/**
 * A table sent without some of its foreign keys, because the server did not have their targets yet.
 */
export interface DeferredTable {
  readonly print: Fingerprint;
  readonly constraints: Constraints;
  /** Number of its keys that were sent. */
  readonly sent: number;
}

export interface DeferredKeysDeps {
  readonly server: MetadataServer;
  readonly index: TableIndex;
  readonly summary: WriteSummary;
  readonly concurrency: ConcurrencyLimit;
}

/** Adds foreign keys to tables that could not be created with them. */
export class DeferredKeys {
  readonly #deps: DeferredKeysDeps;
  readonly #tables = new Map<string, DeferredTable>();

  constructor(deps: DeferredKeysDeps) {
    this.#deps = deps;
  }

  defer(fqn: string, table: DeferredTable): void {
    this.#tables.set(fqn, table);
  }

  forget(fqn: string): void {
    this.#tables.delete(fqn);
  }

  /**
   * Sends the keys of each table whose targets have all arrived. With `last`, no target can arrive
   * any more: sends the keys whose targets exist, and drops the others.
   */
  async send(last: boolean, signal: AbortSignal): Promise<void> {
    const { concurrency } = this.#deps;
    for (const [fqn, table] of this.#tables)
      await concurrency.start(() => this.#finish(fqn, table, last, signal));
    await concurrency.settle();
  }

  async #finish(
    fqn: string,
    { print, constraints, sent }: DeferredTable,
    last: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { index, summary } = this.#deps;
    if (!(await index.exists(fqn, signal))) return;
    const keys = await resolvableKeys(constraints.foreignKeys, index, signal);
    const dropped = constraints.foreignKeys.length - keys.length;
    if (dropped > 0 && !last) return;
    this.#tables.delete(fqn);
    if (dropped > 0) summary.count('droppedConstraints', dropped);
    if (keys.length === sent) return;
    const all = [...constraints.own, ...keys];
    await summary.attempt(fqn, 'constrained', signal, () =>
      this.#patch(fqn, all, sourceHash(print, keys), signal),
    );
  }

  async #patch(
    fqn: string,
    constraints: readonly unknown[],
    hash: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { server, index } = this.#deps;
    const body = [
      { op: 'add', path: '/tableConstraints', value: constraints },
      { op: 'add', path: '/sourceHash', value: hash },
    ];
    const call = { path: byName('table', fqn), what: titled('table', fqn), body };
    const hasArrived = async (): Promise<boolean> =>
      (await index.look(fqn, signal))?.sourceHash === hash;
    await server.send({ method: 'PATCH', ...call, hasArrived }, signal);
    await index.put(fqn, { id: undefined, sourceHash: hash, deleted: false }, signal);
  }
}
