import type { Clock } from './clock.ts';
import { wakeOrAbort } from './wake-or-abort.ts';

/**
 * The topic of everything that may let a run start: new and ended runs, and runners with free
 * capacity.
 */
export const DISPATCH = 'dispatch';
/** The topic of schedules that were changed. */
export const SCHEDULES = 'schedules';

/** Notifies waiters that a run or the runners have changed. The new state is in the store. */
export class ChangeHub {
  readonly #waiting = new Map<string, Set<() => void>>();

  changed(topic: string): void {
    const waiting = this.#waiting.get(topic);
    this.#waiting.delete(topic);
    for (const wake of waiting ?? []) wake();
  }

  /**
   * Watches topics from now on: call it before reading state, so that no change after the read is
   * missed.
   */
  watch(...topics: readonly string[]): ChangeWatch {
    const stop = new AbortController();
    const changed = Promise.race(topics.map((topic) => this.#next(topic, stop.signal)));
    return new ChangeWatch(changed, stop);
  }

  /** Resolves at the next change of the topic, or when the signal aborts. */
  async #next(topic: string, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(topic) ?? new Set();
    this.#waiting.set(topic, waiting);
    const { woken, wake } = wakeOrAbort(signal);
    waiting.add(wake);
    await woken;
    waiting.delete(wake);
  }
}

export class ChangeWatch {
  readonly #changed: Promise<void>;
  readonly #stop: AbortController;

  constructor(changed: Promise<void>, stop: AbortController) {
    this.#changed = changed;
    this.#stop = stop;
  }

  /**
   * Resolves with true at the first change since the watch began, with false after `ms` or when the
   * signal aborts. Ends the watch.
   */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
    const changed = this.#changed.then(() => true);
    const timeout = clock.sleep(ms, AbortSignal.any([signal, this.#stop.signal])).then(() => false);
    const result = await Promise.race([changed, timeout]);
    this.end();
    return result;
  }

  end(): void {
    this.#stop.abort();
  }
}
