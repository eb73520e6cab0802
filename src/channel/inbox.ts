import { ChangeSignal } from '../../foundation/src/runtime/change-signal.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** Bytes of unread messages at which the transport is paused. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024;
const HIGH_WATER_ITEMS = 256;

interface Entry<T> {
  readonly item: T;
  readonly bytes: number;
}

/** Received items of a channel. Pauses the transport while the reader is behind. */
export class Inbox<T> {
  readonly #pause: () => void;
  readonly #resume: () => void;
  #entries: Entry<T>[] = [];
  #bytes = 0;
  #paused = false;
  #end: { readonly error: RunnerError | undefined } | undefined;
  readonly #changed = new ChangeSignal();
  #taken = false;

  constructor(pause: () => void, resume: () => void) {
    this.#pause = pause;
    this.#resume = resume;
  }

  push(item: T, bytes: number): void {
    if (this.#end !== undefined) return;
    this.#entries.push({ item, bytes });
    this.#bytes += bytes;
    if (
      !this.#paused &&
      (this.#bytes > HIGH_WATER_BYTES || this.#entries.length > HIGH_WATER_ITEMS)
    ) {
      this.#paused = true;
      this.#pause();
    }
    this.#changed.notify();
  }

  /** Items received before can still be read; then reading ends, or throws the error. */
  end(error: RunnerError | undefined): void {
    this.#end ??= { error };
    this.#changed.notify();
  }

  /** May be called once. */
  async *read(): AsyncGenerator<T, void, undefined> {
    if (this.#taken) throw new RunnerError('INTERNAL', 'frames of a channel can be read only once');
    this.#taken = true;
    for (;;) {
      for (let entry = this.#shift(); entry !== undefined; entry = this.#shift()) yield entry.item;
      if (this.#end !== undefined) break;
      await this.#changed.wait();
    }
    if (this.#end.error !== undefined) throw this.#end.error;
  }

  #shift(): Entry<T> | undefined {
    const entry = this.#entries.shift();
    if (entry === undefined) return undefined;
    this.#bytes -= entry.bytes;
    if (
      this.#paused &&
      this.#bytes < HIGH_WATER_BYTES / 2 &&
      this.#entries.length < HIGH_WATER_ITEMS / 2
    ) {
      this.#paused = false;
      this.#resume();
    }
    return entry;
  }
}
