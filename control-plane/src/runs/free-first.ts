import type { ConnectedRunner } from '../link/registry.ts';

interface Entry {
  readonly runner: ConnectedRunner;
  readonly order: number;
  /** When it was last looked at; it can only have become less since. */
  free: number;
  /** Its place in the heap. */
  at: number;
}

/** Runners by free capacity, as a heap: the most first, among equals in the order given. */
export class FreeFirst {
  readonly #heap: Entry[];
  readonly #byId: ReadonlyMap<string, Entry>;
  readonly #freeOf: (runner: ConnectedRunner) => number;

  /** `freeOf` may return less later; call `freed` when it returns more. */
  constructor(runners: readonly ConnectedRunner[], freeOf: (runner: ConnectedRunner) => number) {
    this.#freeOf = freeOf;
    this.#heap = runners.map((runner, order) => ({
      runner,
      order,
      free: freeOf(runner),
      at: order,
    }));
    this.#byId = new Map(this.#heap.map((entry) => [entry.runner.runnerId, entry]));
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(this.#heap[at]!);
  }

  get(runnerId: string): ConnectedRunner | undefined {
    return this.#byId.get(runnerId)?.runner;
  }

  /** In the order given. */
  all(): ConnectedRunner[] {
    return [...this.#byId.values()].map(({ runner }) => runner);
  }

  /** The runner with the most free capacity; undefined when none has any. */
  first(): ConnectedRunner | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return undefined;
      const free = this.#freeOf(top.runner);
      if (free === top.free) return free > 0 ? top.runner : undefined;
      top.free = free;
      this.#sink(top);
    }
  }

  /** The runner may have more free capacity than before. */
  freed(runnerId: string): void {
    const entry = this.#byId.get(runnerId);
    if (entry === undefined) return;
    entry.free = this.#freeOf(entry.runner);
    this.#rise(entry);
    this.#sink(entry);
  }

  #rise(entry: Entry): void {
    for (;;) {
      const parent = this.#heap[(entry.at - 1) >> 1];
      if (entry.at === 0 || !isBefore(entry, parent!)) return;
      this.#swap(entry, parent!);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.at + 1];
      const right = this.#heap[2 * entry.at + 2];
      const child = right !== undefined && isBefore(right, left!) ? right : left;
      if (child === undefined || !isBefore(child, entry)) return;
      this.#swap(entry, child);
    }
  }

  #swap(one: Entry, other: Entry): void {
    [one.at, other.at] = [other.at, one.at];
    this.#heap[one.at] = one;
    this.#heap[other.at] = other;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.free === b.free ? a.order < b.order : a.free > b.free;
}
