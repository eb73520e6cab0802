import { untilAborted } from './abort.ts';

/**
 * Wakes all waiters at a change. Check the condition and then wait, with no await in
 * between: no change is missed.
 */
export class ChangeSignal {
  #next = Promise.withResolvers<void>();

  notify(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }

  /**
   * Resolves at the next change. Rejects with the reason of `signal`; without one, only a change
   * ends the wait.
   */
  wait(signal?: AbortSignal): Promise<void> {
    return signal === undefined ? this.#next.promise : untilAborted(this.#next.promise, signal);
  }

  /**
   * Resolves once `holds` returns true, which is checked now and at each change. Rejects with the
   * reason of `signal`. Where several callers compete for what they wait for, loop over `wait`
   * instead: another may run before the caller does.
   */
  async until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    while (!holds()) await this.wait(signal);
  }
}
