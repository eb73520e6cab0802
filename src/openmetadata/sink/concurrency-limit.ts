import { RunnerError } from '../../runtime/errors.ts';

/** At most so many pieces of work at once; who starts one more waits for a place. */
export class Lanes {
  readonly limit: number;
  readonly #busy = new Set<Promise<void>>();
  #failure: RunnerError | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Resolves when the work has begun. Throws what earlier work threw first. */
  async start(work: () => Promise<void>): Promise<void> {
    while (this.#busy.size >= this.limit) await Promise.race(this.#busy);
    this.#check();
    const task = work()
      .catch((thrown: unknown) => {
        this.#failure ??= RunnerError.from(thrown);
      })
      .finally(() => this.#busy.delete(task));
    this.#busy.add(task);
  }

  get busy(): boolean {
    return this.#busy.size > 0;
  }

  /** Resolves when some piece of work has ended, at once when there is none. Throws what earlier work threw first. */
  async oneEnds(): Promise<void> {
    if (this.busy) await Promise.race(this.#busy);
    this.#check();
  }

  /** Resolves when all work has ended; throws what the first failed one threw. */
  async settle(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy);
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
