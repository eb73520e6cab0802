import { setTimeout } from 'node:timers/promises';
import { Problem } from './problem.ts';

const INDEXING_MS = 4;

/**
 * A server stores an edge in its database, then in its search index, in the document of the edge's
 * target table. Two concurrent writes conflict there; the server reports an internal error although
 * it has stored the edge.
 */
export class EdgeIndex {
  readonly #pending = new Set<string>();

  /** Runs `work`, then throws Problem on a conflict. */
  async put<T>(to: string, work: () => T): Promise<T> {
    const done = work();
    if (this.#pending.has(to))
      throw new Problem(500, 'Request failed: [version_conflict_engine_exception] 409 Conflict');
    this.#pending.add(to);
    await setTimeout(INDEXING_MS);
    this.#pending.delete(to);
    return done;
  }
}
