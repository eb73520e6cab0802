import type { Fingerprint } from './fingerprint.ts';
import type { Constraints } from './foreign-keys.ts';

/** A table to be written, its request kept as bytes because thousands may wait. */
export interface PendingTable {
  readonly fqn: string;
  readonly text: Buffer;
  readonly bytes: number;
  readonly columns: number;
  readonly print: Fingerprint;
  readonly constraints: Constraints;
  readonly exists: boolean;
}

/** Limits of one bulk request. */
export interface BatchLimits {
  readonly tables: number;
  readonly columns: number;
  readonly bytes: number;
}

/** Updating a column of an existing table takes a server several times as long as creating one. */
const UPDATE_WEIGHT = 4;
const MIN_COLUMNS = 30;
/**
 * A column in a smaller request takes a server half as long again, and three times as long in a
 * request of one table.
 */
const MIN_SHARE = 250;

/** Tables ready to be sent, cut into requests that a server can handle in time. */
export class TableBatch {
  readonly #limits: BatchLimits;
  readonly #timeouts: () => number;
  readonly #ready: PendingTable[] = [];

  /** Each of the `timeouts` so far halves the columns of a request. */
  constructor(limits: BatchLimits, timeouts: () => number) {
    this.#limits = limits;
    this.#timeouts = timeouts;
  }

  get isEmpty(): boolean {
    return this.#ready.length === 0;
  }

  /** Whether the ready tables fill a request. */
  get isFull(): boolean {
    const { tables, bytes } = this.#limits;
    return (
      this.#ready.length >= tables ||
      sum(this.#ready, (table) => table.bytes) >= bytes ||
      sum(this.#ready, weight) >= this.#maxColumns
    );
  }

  add(...tables: readonly PendingTable[]): void {
    this.#ready.push(...tables);
  }

  /**
   * Takes the tables of one request; `shares` requests divide what is ready, if that is enough to
   * divide.
   */
  take(shares: number): readonly PendingTable[] {
    const total = sum(this.#ready, weight);
    const maxColumns = Math.min(this.#maxColumns, Math.max(MIN_SHARE, total / shares));
    const { tables, bytes } = this.#limits;
    const taken: PendingTable[] = [];
    for (
      let size = 0, columns = 0;
      taken.length < tables && size < bytes && columns < maxColumns;
    ) {
      const next = this.#ready.shift();
      if (next === undefined) break;
      taken.push(next);
      size += next.bytes;
      columns += weight(next);
    }
    return taken;
  }

  get #maxColumns(): number {
    return Math.max(MIN_COLUMNS, this.#limits.columns / 2 ** Math.min(this.#timeouts(), 10));
  }
}

function weight({ columns, exists }: PendingTable): number {
  return columns * (exists ? UPDATE_WEIGHT : 1);
}

function sum<T>(elements: readonly T[], of: (element: T) => number): number {
  return elements.reduce((total, element) => total + of(element), 0);
}
