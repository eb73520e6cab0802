import { RunnerError } from './errors.ts';

/**
 * Loops that run together: the first failure stops the others, and `wait` returns only when all
 * have ended. A loop may return at any time, and may throw once the group's signal has fired.
 */
export class TaskGroup {
  readonly #controller = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  readonly signal: AbortSignal;
  #failure: RunnerError | undefined;

  constructor(parent: AbortSignal) {
    this.signal = AbortSignal.any([parent, this.#controller.signal]);
  }

  /** Starts a loop. May be called while `wait` is waiting. */
  start(loop: (signal: AbortSignal) => Promise<void>): void {
    const task = this.#run(loop).finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  /** Stops all loops with a reason. */
  stop(reason: RunnerError): void {
    this.#controller.abort(reason);
  }

  /** Resolves when all loops have ended. Throws the first failure. */
  async wait(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #run(loop: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await loop(this.signal);
    } catch (thrown) {
      if (this.signal.aborted) return;
      this.#failure ??= RunnerError.from(thrown);
      this.#controller.abort(this.#failure);
    }
  }
}
