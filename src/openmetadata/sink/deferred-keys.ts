import { byName, titled } from './entity.ts';
import { sourceHash, type Fingerprint } from './fingerprint.ts';
import { known, type Constraints } from './foreign-keys.ts';
import type { Lanes } from './concurrency-limit.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';
import type { Tally } from './write-summary.ts';

/** A table that went without some of its foreign keys, because the tables they lead to were not there yet. */
export interface Unfinished {
  readonly print: Fingerprint;
  readonly constraints: Constraints;
  /** How many of its keys the server has. */
  readonly sent: number;
}

export interface LateKeysParts {
  readonly server: MetadataServer;
  readonly index: TableIndex;
  readonly tally: Tally;
  readonly lanes: Lanes;
}

/** Gives tables that are there the foreign keys that they could not be created with. */
export class LateKeys {
  readonly #parts: LateKeysParts;
  readonly #tables = new Map<string, Unfinished>();

  constructor(parts: LateKeysParts) {
    this.#parts = parts;
  }

  note(fqn: string, table: Unfinished): void {
    this.#tables.set(fqn, table);
  }

  forget(fqn: string): void {
    this.#tables.delete(fqn);
  }

  /** Puts the keys of each table whose targets have all come; `last`: of all tables those whose targets have, since no other will. */
  async put(last: boolean, signal: AbortSignal): Promise<void> {
    const { lanes } = this.#parts;
    for (const [fqn, table] of this.#tables)
      await lanes.start(() => this.#finish(fqn, table, last, signal));
    await lanes.settle();
  }

  async #finish(
    fqn: string,
    { print, constraints, sent }: Unfinished,
    last: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { server, index, tally } = this.#parts;
    if (!(await index.exists(fqn, signal))) return;
    const keys = await known(constraints.foreignKeys, index, signal);
    const dropped = constraints.foreignKeys.length - keys.length;
    if (dropped > 0 && !last) return;
    this.#tables.delete(fqn);
    if (dropped > 0) tally.count('droppedConstraints', dropped);
    if (keys.length === sent) return;
    const hash = sourceHash(print, keys);
    const body = [
      { op: 'add', path: '/tableConstraints', value: [...constraints.own, ...keys] },
      { op: 'add', path: '/sourceHash', value: hash },
    ];
    await tally.attempt(fqn, 'constrained', signal, async () => {
      await server.send(
        { method: 'PATCH', path: byName('table', fqn), what: titled('table', fqn), body },
        signal,
      );
      await index.put(fqn, { id: undefined, sourceHash: hash, deleted: false }, signal);
    });
  }
}
