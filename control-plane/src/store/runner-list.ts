import type { CommitObserver } from './group-commit.ts';
import type { Runner } from './store.ts';

/** The enrolled runners, in memory. Read again only after one of them has changed. */
export class RunnerList implements CommitObserver {
  readonly #read: () => readonly Runner[];
  readonly #version: () => number;
  #readAt: number | undefined;
  #committed: readonly Runner[] | undefined;
  #isChanged = false;

  /**
   * `read` returns the committed ones; `version` changes when another connection than the store's
   * own has committed.
   */
  constructor(read: () => readonly Runner[], version: () => number) {
    this.#read = read;
    this.#version = version;
  }

  committedRunners(): readonly Runner[] {
    const version = this.#version();
    if (this.#committed === undefined || this.#readAt !== version) this.#committed = this.#read();
    this.#readAt = version;
    return this.#committed;
  }

  /** As the open transaction sees them; `read` sees its writes. */
  currentRunners(read: () => readonly Runner[]): readonly Runner[] {
    return this.#isChanged ? read() : this.committedRunners();
  }

  changed(): void {
    this.#isChanged = true;
  }

  begin(): void {}

  finish(): void {}

  undoLast(): void {}

  committed(): void {
    if (this.#isChanged) this.#committed = undefined;
    this.#isChanged = false;
  }

  rolledBack(): void {
    this.#isChanged = false;
  }
}
