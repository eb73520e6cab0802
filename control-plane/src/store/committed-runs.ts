import { isEnded } from '../runs/run.ts';
import type { Run } from './store.ts';

/**
 * The committed runs that have not ended, in memory, because every assignment reads all of them.
 * They are in the order of their creation, and read again only after another connection than the
 * store's own has committed.
 */
export class CommittedRuns {
  readonly #read: () => readonly Run[];
  readonly #version: () => number;
  /** By id; undefined until they are needed. */
  #runs: Map<string, Run> | undefined;
  #readAt: number | undefined;
  /** Whether the open commit has loaded them: until it ends, no other connection commits. */
  #isLoaded = false;

  /** `version` changes when another connection than the store's own has committed. */
  constructor(read: () => readonly Run[], version: () => number) {
    this.#read = read;
    this.#version = version;
  }

  all(): Run[] {
    return [...this.#load().values()];
  }

  /** By id, for a transaction: asks for the version once in a commit. */
  beforeCommit(): ReadonlyMap<string, Run> {
    if (this.#isLoaded && this.#runs !== undefined) return this.#runs;
    const loaded = this.#load();
    this.#isLoaded = true;
    return loaded;
  }

  /** The open commit has changed `saved`. */
  committed(saved: Iterable<Run>): void {
    for (const run of saved) {
      if (isEnded(run.status)) this.#runs?.delete(run.id);
      else this.#runs?.set(run.id, run);
    }
    this.#isLoaded = false;
  }

  rolledBack(): void {
    this.#isLoaded = false;
  }

  #load(): Map<string, Run> {
    const version = this.#version();
    if (this.#runs === undefined || this.#readAt !== version)
      this.#runs = new Map(this.#read().map((run) => [run.id, run]));
    this.#readAt = version;
    return this.#runs;
  }
}
