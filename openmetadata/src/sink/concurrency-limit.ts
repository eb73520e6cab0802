import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

/** Runs at most `limit` pieces of work at once. The first failure is thrown by every later call. */
export class ConcurrencyLimit {
  readonly limit: number;
  readonly #running = new Set<Promise<void>>();
  #failure: RunnerError | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Resolves when the work has started. */
  async start(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.limit) await Promise.race(this.#running);
    this.#throwFailure();
    const task = work()
      .catch((thrown: unknown) => {
        this.#failure ??= RunnerError.from(thrown);
      })
      .finally(() => this.#running.delete(task));
    this.#running.add(task);
  }

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Resolves when any piece of work has ended; at once when none is running. */
  async nextEnd(): Promise<void> {
    if (this.isBusy) await Promise.race(this.#running);
    this.#throwFailure();
  }

  /** Resolves when all work has ended. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
