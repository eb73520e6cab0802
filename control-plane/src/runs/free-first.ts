import type { ConnectedRunner } from '../link/registry.ts';

interface Entry {
  readonly runner: ConnectedRunner;
  readonly order: number;
  /** When it was last looked at; it can only have become less since. */
  free: number;
}

/** Runners by free capacity, as a heap: the most first, among equals in the order given. */
export class FreeFirst {
  readonly #heap: Entry[];
  readonly #freeOf: (runner: ConnectedRunner) => number;

  /** `freeOf` may return less later, never more. */
  constructor(runners: readonly ConnectedRunner[], freeOf: (runner: ConnectedRunner) => number) {
    this.#freeOf = freeOf;
    this.#heap = runners.map((runner, order) => ({ runner, order, free: freeOf(runner) }));
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  /** The runner with the most free capacity; undefined when none has any. */
  first(): ConnectedRunner | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return undefined;
      const free = this.#freeOf(top.runner);
      if (free === top.free) return free > 0 ? top.runner : undefined;
      top.free = free;
      this.#sink(0);
    }
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const moved = heap[from]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, moved)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = moved;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.free === b.free ? a.order < b.order : a.free > b.free;
}
