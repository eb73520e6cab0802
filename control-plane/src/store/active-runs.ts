/**
 * The runs that have not ended, in memory: every assignment reads all of them. Invariants:
 * - Readers see what is committed; the open transaction sees its own writes as well.
 * - The order is that of the runs' creation.
 */
import { isEnded } from '../runs/run.ts';
import type { CommitObserver } from './group-commit.ts';
import type { Run } from './store.ts';

export class ActiveRuns implements CommitObserver {
  readonly #read: () => readonly Run[];
  readonly #version: () => number;
  /** By id; undefined until they are needed. */
  #committed: Map<string, Run> | undefined;
  #readAt: number | undefined;
  /** Saved since the last commit, also those that ended. */
  readonly #saved = new Map<string, Run>();
  /** What the last transaction replaced in `#saved`. */
  #replaced: { readonly id: string; readonly before: Run | undefined }[] = [];

  /**
   * `read` returns the committed ones, oldest first; `version` changes when another connection than
   * the store's own has committed.
   */
  constructor(read: () => readonly Run[], version: () => number) {
    this.#read = read;
    this.#version = version;
  }

  committedRuns(): Run[] {
    return [...this.#load().values()];
  }

  /** As the open transaction sees them. */
  currentRuns(): Run[] {
    const committed = this.#load();
    const present = [...committed.values()].map((run) => this.#saved.get(run.id) ?? run);
    const added = [...this.#saved.values()].filter(({ id }) => !committed.has(id));
    return [...present, ...added].filter(({ status }) => !isEnded(status));
  }

  save(run: Run): void {
    this.#replaced.push({ id: run.id, before: this.#saved.get(run.id) });
    this.#saved.set(run.id, run);
  }

  begin(): void {
    this.#replaced = [];
  }

  undoLast(): void {
    for (const { id, before } of this.#replaced.toReversed()) {
      if (before === undefined) this.#saved.delete(id);
      else this.#saved.set(id, before);
    }
    this.#replaced = [];
  }

  committed(): void {
    for (const [id, run] of this.#saved) {
      if (isEnded(run.status)) this.#committed?.delete(id);
      else this.#committed?.set(id, run);
    }
    this.#saved.clear();
  }

  rolledBack(): void {
    this.#saved.clear();
  }

  #load(): Map<string, Run> {
    const version = this.#version();
    if (this.#committed === undefined || this.#readAt !== version)
      this.#committed = new Map(this.#read().map((run) => [run.id, run]));
    this.#readAt = version;
    return this.#committed;
  }
}
