export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly apiCalls: number;
}

/** The latest progress of each active run. Progress may be lost, so it is not in the store. */
export class ProgressBoard {
  readonly #latest = new Map<string, Progress>();

  get(runId: string): Progress | undefined {
    return this.#latest.get(runId);
  }

  set(runId: string, progress: Progress): void {
    this.#latest.set(runId, progress);
  }

  clear(runId: string): void {
    this.#latest.delete(runId);
  }
}
