/**
 * The runs that the transactions of one commit have saved. A row changes once in a commit, however
 * often they change its run. Invariants:
 * - A transaction sees what it and the earlier ones of its commit have saved, and nothing of those
 *   that failed.
 * - Before a commit, and before a statement that reads the table, every row is up to date.
 */
import { isEnded } from '../runs/run.ts';
import type { CommittedRuns } from './committed-runs.ts';
import type { CommitObserver } from './group-commit.ts';
import type { Run } from './store.ts';

export class SavedRuns implements CommitObserver {
  readonly #committed: CommittedRuns;
  readonly #update: (run: Run) => void;
  /** By id, also those that ended. */
  readonly #saved = new Map<string, Run>();
  /** Those of `#saved` whose row may be older. */
  readonly #unwritten = new Set<string>();
  /** What the last transaction replaced in `#saved`. */
  #replaced: { readonly id: string; readonly before: Run | undefined }[] = [];

  /** `update` changes the row of a run that has one. */
  constructor(committed: CommittedRuns, update: (run: Run) => void) {
    this.#committed = committed;
    this.#update = update;
  }

  /** Those that have not ended, in the order of their creation. */
  active(): Run[] {
    const committed = this.#committed.beforeCommit();
    const present = [...committed.values()].map((run) => this.#saved.get(run.id) ?? run);
    const added = [...this.#saved.values()].filter(({ id }) => !committed.has(id));
    return [...present, ...added].filter(({ status }) => !isEnded(status));
  }

  /** Undefined for one that may have ended before. */
  get(id: string): Run | undefined {
    return this.#saved.get(id) ?? this.#committed.beforeCommit().get(id);
  }

  /** `insert` writes a run that may have no row. */
  save(run: Run, insert: () => void): void {
    if (this.get(run.id) === undefined) insert();
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
    this.#committed.committed(this.#saved.values());
    this.#saved.clear();
  }

  rolledBack(): void {
    this.#committed.rolledBack();
    this.#saved.clear();
    this.#unwritten.clear();
  }
}
