import { untilAborted } from '../../../foundation/src/runtime/abort.ts';

interface Waiter {
  readonly bytes: number;
  readonly admit: () => void;
}

/**
 * Limits the unacknowledged payload bytes over all attempts of a session. Waiters are served in
 * order.
 */
export class CreditWindow {
  readonly #limit: number;
  #used = 0;
  #waiters: Waiter[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /**
   * Waits for room for `bytes`, at most the whole window, and takes it. Rejects with the signal's
   * reason.
   */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#waiters.length === 0 && this.#used + bytes <= this.#limit) {
      this.#used += bytes;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { bytes, admit: resolve };
    this.#waiters.push(waiter);
    try {
      await untilAborted(promise, signal);
    } catch (thrown) {
      if (this.#waiters.includes(waiter))
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
      else this.release(bytes);
      this.#admit();
      throw thrown;
    }
  }

  release(bytes: number): void {
    this.#used -= bytes;
    this.#admit();
  }

  #admit(): void {
    for (
      let next = this.#waiters[0];
      next !== undefined && this.#used + next.bytes <= this.#limit;
      next = this.#waiters[0]
    ) {
      this.#waiters.shift();
      this.#used += next.bytes;
      next.admit();
    }
  }
}
