import { untilAborted } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';

interface Held<T> {
  readonly value: Promise<T>;
  readonly since: number;
  isRead: boolean;
}

/**
 * Keeps what was read for a limited time, in memory only. Readers that come while a value is being
 * read share the reading, which ends when it is done, or at its own deadline. Failures are not
 * kept.
 */
export class Cache<T> {
  readonly #keepMs: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #held = new Map<string, Held<T>>();

  constructor(keepMs: number, clock: Pick<Clock, 'monotonic'>) {
    this.#keepMs = keepMs;
    this.#clock = clock;
  }

  async get(key: string, read: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#forgetOld();
    const held = this.#held.get(key) ?? this.#begin(key, read);
    return untilAborted(held.value, signal);
  }

  #begin(key: string, read: () => Promise<T>): Held<T> {
    const held: Held<T> = { value: read(), since: this.#clock.monotonic(), isRead: false };
    this.#held.set(key, held);
    held.value.then(
      () => void (held.isRead = true),
      () => void this.#held.delete(key),
    );
    return held;
  }

  /** Counts from the beginning of the reading: the value may have changed since. */
  #forgetOld(): void {
    const now = this.#clock.monotonic();
    for (const [key, { since, isRead }] of this.#held)
      if (isRead && now - since >= this.#keepMs) this.#held.delete(key);
  }
}
