/** Says that something about a run, or about the runners, has changed; what it is now stands in the store. */
export class ChangeHub {
  readonly #waiting = new Map<string, Set<() => void>>();

  changed(topic: string): void {
    const waiting = this.#waiting.get(topic);
    this.#waiting.delete(topic);
    for (const wake of waiting ?? []) wake();
  }

  /** Resolves at the next change of the topic, or when the signal aborts. Take it before you look, so that nothing is missed. */
  next(topic: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(topic) ?? new Set();
      this.#waiting.set(topic, waiting);
      const wake = (): void => {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** The topic that is told of runs to hand out and of runners that have room. */
export const DISPATCH = 'dispatch';

export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly apiCalls: number;
}

/** The latest progress of each run at work. Lossy by design, so it is not in the store. */
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
