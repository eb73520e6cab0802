import { RunnerError } from './errors.ts';
import { ChangeSignal } from './change-signal.ts';

/**
 * A bounded first-in, first-out queue between one or more producers and one consumer; `push` waits
 * for room.
 */
export class Queue<T> implements AsyncIterable<T> {
  readonly #limit: number;
  readonly #items: T[] = [];
  #end: { readonly error: RunnerError | undefined } | undefined;
  readonly #changed = new ChangeSignal();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.length;
  }

  /**
   * Resolves when the item is in the queue. Rejects when the queue has ended or the signal fires.
   */
  async push(item: T, signal: AbortSignal): Promise<void> {
    while (this.#end === undefined && this.#items.length >= this.#limit)
      await this.#changed.wait(signal);
    if (!this.offer(item))
      throw this.#end?.error ?? new RunnerError('ABORTED', 'the queue has ended');
  }

  /** Adds the item without waiting. Returns false when the queue is full or has ended. */
  offer(item: T): boolean {
    if (this.#end !== undefined || this.#items.length >= this.#limit) return false;
    this.#items.push(item);
    this.#changed.notify();
    return true;
  }

  /** Ends the queue. Items in it can still be read; then iteration ends, or throws the error. */
  end(error?: RunnerError): void {
    this.#end ??= { error };
    this.#changed.notify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.#items.length > 0) {
        const item = this.#items.shift() as T;
        this.#changed.notify();
        yield item;
      }
      if (this.#end !== undefined) break;
      await this.#changed.wait();
    }
    if (this.#end?.error !== undefined) throw this.#end.error;
  }
}
