import { setTimeout } from 'node:timers/promises';
import { Problem } from './problem.ts';

const INDEXING_MS = 4;

/**
 * A server keeps an edge in its database first and then, in its search index, in the document of the table that the edge leads
 * to. Two at once are a conflict there, of which it speaks as its own failure, though it has kept the edge.
 */
export class EdgeIndex {
  readonly #underWay = new Set<string>();

  /** Throws Problem after the work was done. */
  async put<T>(to: string, work: () => T): Promise<T> {
    const done = work();
    if (this.#underWay.has(to))
      throw new Problem(500, 'Request failed: [version_conflict_engine_exception] 409 Conflict');
    this.#underWay.add(to);
    await setTimeout(INDEXING_MS);
    this.#underWay.delete(to);
    return done;
  }
}
