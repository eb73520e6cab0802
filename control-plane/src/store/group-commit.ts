/**
 * Transactions of one connection, many in one commit. Invariants:
 * - Transactions run one after the other, in the order in which they were submitted.
 * - Each is atomic by itself: a savepoint undoes what a failed one has written.
 * - None settles as done before the commit that contains it is on disk.
 * - Each settles, whatever fails; only those of the failed commit fail with it.
 */
import type { DatabaseSync } from 'node:sqlite';

/** Transactions in one commit at most: later ones wait for the disk meanwhile. */
const MAX_GROUP = 256;
const MAX_TURNS = 4;

/** Gives others time to submit transactions; is told how many wait. */
export type Gather = (waiting: () => number) => Promise<void>;

/** State in memory that follows what is committed. */
export interface CommitObserver {
  /** A transaction begins; what earlier ones of the commit have written stays. */
  begin(): void;
  /** The last step of the commit: what is not written yet has to be. */
  finish(): void;
  /** The transaction that began last has failed. */
  undoLast(): void;
  committed(): void;
  rolledBack(): void;
}

/** What is used of a DatabaseSync. */
export type Connection = Pick<DatabaseSync, 'exec' | 'isTransaction'>;

interface Waiting {
  /** Runs the transaction and returns what settles its promise. */
  readonly work: () => Promise<() => void>;
  readonly reject: (reason: unknown) => void;
}

interface Done {
  readonly settle: () => void;
  readonly reject: (reason: unknown) => void;
}

export class GroupCommit {
  readonly #database: Connection;
  readonly #observers: readonly CommitObserver[];
  readonly #gather: Gather;
  #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;

  constructor(
    database: Connection,
    observers: readonly CommitObserver[],
    gather: Gather = whileMoreCome,
  ) {
    this.#database = database;
    this.#observers = observers;
    this.#gather = gather;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const submitted = async (): Promise<() => void> => {
        const result = await work();
        return () => resolve(result);
      };
      this.#waiting.push({ work: submitted, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when no transaction waits. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await this.#gather(() => this.#waiting.length);
        await this.#commitGroup();
      }
    } finally {
      this.#working = undefined;
    }
  }

  async #commitGroup(): Promise<void> {
    const done: Done[] = [];
    try {
      this.#database.exec('BEGIN IMMEDIATE');
    } catch (thrown) {
      // The transaction that waits longest fails, as it would alone.
      this.#waiting.shift()?.reject(thrown);
      return;
    }
    try {
      while (this.#waiting.length > 0 && done.length < MAX_GROUP)
        await this.#runOne(this.#waiting.shift()!, done);
      for (const observer of this.#observers) observer.finish();
      this.#database.exec('COMMIT');
    } catch (thrown) {
      this.#failGroup(done, thrown);
      return;
    }
    for (const observer of this.#observers) observer.committed();
    for (const { settle } of done) settle();
  }

  /** Throws when the failure has ended the commit for all. */
  async #runOne({ work, reject }: Waiting, done: Done[]): Promise<void> {
    try {
      this.#database.exec('SAVEPOINT member');
      for (const observer of this.#observers) observer.begin();
      const settle = await work();
      this.#database.exec('RELEASE member');
      done.push({ settle, reject });
    } catch (thrown) {
      reject(thrown);
      // SQLite itself rolls everything back on some errors, such as a full disk.
      if (!this.#database.isTransaction) throw thrown;
      this.#database.exec('ROLLBACK TO member; RELEASE member');
      for (const observer of this.#observers) observer.undoLast();
    }
  }

  #failGroup(done: readonly Done[], reason: unknown): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // The next BEGIN fails for the same reason, and tells it to a transaction that needs it.
    }
    for (const observer of this.#observers) observer.rolledBack();
    for (const { reject } of done) reject(reason);
  }
}

/**
 * Until a turn of the event loop brings no more, and a few turns at most: a commit blocks the loop
 * for longer than all of them.
 */
async function whileMoreCome(waiting: () => number): Promise<void> {
  await nextTurn();
  for (let [turn, before] = [1, 0]; turn < MAX_TURNS && waiting() > before; turn++) {
    before = waiting();
    await nextTurn();
  }
}

/** Until the events that have arrived are handled. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
