/**
 * The runs that have not ended, in memory: every assignment reads all of them. A row changes once
 * in a commit, however often the transactions of the commit change its run. Invariants:
 * - Readers see what is committed; the open transaction sees its own writes as well.
 * - The order is that of the runs' creation.
 * - Before a commit, and before a statement that reads the table, every row is up to date.
 */
import { isEnded } from '../runs/run.ts';
import type { CommitObserver } from './group-commit.ts';
import type { Run } from './store.ts';

export class ActiveRuns implements CommitObserver {
  readonly #read: () => readonly Run[];
  readonly #version: () => number;
  readonly #update: (run: Run) => void;
  /** By id; undefined until they are needed. */
  #committed: Map<string, Run> | undefined;
  #readAt: number | undefined;
  /** Whether the open transaction has loaded them: until it ends, no other program commits. */
  #isLoaded = false;
  /** Saved since the last commit, also those that ended. */
  readonly #saved = new Map<string, Run>();
  /** Those of `#saved` whose row may be older. */
  readonly #unwritten = new Set<string>();
  /** What the last transaction replaced in `#saved`. */
  #replaced: { readonly id: string; readonly before: Run | undefined }[] = [];

  /**
   * `read` returns the committed ones, oldest first; `version` changes when another connection than
   * the store's own has committed; `update` changes the row of a run that has one.
   */
  constructor(read: () => readonly Run[], version: () => number, update: (run: Run) => void) {
    this.#read = read;
    this.#version = version;
    this.#update = update;
  }

  committedRuns(): Run[] {
    return [...this.#load().values()];
  }

  /** As the open transaction sees them. */
  currentRuns(): Run[] {
    const committed = this.#loadOnce();
    const present = [...committed.values()].map((run) => this.#saved.get(run.id) ?? run);
    const added = [...this.#saved.values()].filter(({ id }) => !committed.has(id));
    return [...present, ...added].filter(({ status }) => !isEnded(status));
  }

  /** As the open transaction sees it; undefined for one that may have ended before. */
  current(id: string): Run | undefined {
    return this.#saved.get(id) ?? this.#loadOnce().get(id);
  }

  /** `insert` writes a run that may have no row. */
  save(run: Run, insert: () => void): void {
    if (this.current(run.id) === undefined) insert();
    else this.#unwritten.add(run.id);
    this.#replaced.push({ id: run.id, before: this.#saved.get(run.id) });
    this.#saved.set(run.id, run);
  }

  /** Brings every row up to date. */
  write(): void {
    for (const id of this.#unwritten) this.#update(this.#saved.get(id)!);
    this.#unwritten.clear();
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
    // The failed one may have written rows for those before it, which its savepoint has undone.
    this.#unwritten.clear();
    for (const id of this.#saved.keys()) this.#unwritten.add(id);
  }

  finish(): void {
    this.write();
  }

  committed(): void {
    for (const [id, run] of this.#saved) {
      if (isEnded(run.status)) this.#committed?.delete(id);
      else this.#committed?.set(id, run);
    }
    this.#saved.clear();
    this.#isLoaded = false;
  }

  rolledBack(): void {
    this.#isLoaded = false;
    this.#saved.clear();
    this.#unwritten.clear();
  }

  /** For the open transaction. */
  #loadOnce(): Map<string, Run> {
    if (this.#isLoaded && this.#committed !== undefined) return this.#committed;
    const loaded = this.#load();
    this.#isLoaded = true;
    return loaded;
  }

  #load(): Map<string, Run> {
    const version = this.#version();
    if (this.#committed === undefined || this.#readAt !== version)
      this.#committed = new Map(this.#read().map((run) => [run.id, run]));
    this.#readAt = version;
    return this.#committed;
  }
}
