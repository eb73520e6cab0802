/** One open connection of a runner, whichever way it came. One encoded frame a message. */
export interface Wire {
  readonly kind: 'ws' | 'grpc';
  /** Messages in order; ends when the connection does. Reading slowly slows the other side down. */
  readonly messages: AsyncIterable<Buffer>;
  /** Queues a message. After the end it does nothing. */
  send(message: Buffer): void;
  /** Says goodbye after what has been sent, and cuts the connection if the other side does not answer. Repeatable. */
  close(reason: string): void;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

/** How long a goodbye may take before the connection is cut. */
export const GOODBYE_MS = 2000;

const HIGH_WATER_BYTES = 4 * 1024 * 1024;

/** Messages that have arrived and wait to be read; stops and restarts the connection by what lies here. */
export class Inbox implements AsyncIterable<Buffer> {
  readonly #pause: () => void;
  readonly #resume: () => void;
  readonly #waiting: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(pause: () => void, resume: () => void) {
    this.#pause = pause;
    this.#resume = resume;
  }

  push(message: Buffer): void {
    this.#waiting.push(message);
    this.#bytes += message.length;
    if (this.#bytes >= HIGH_WATER_BYTES) this.#pause();
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) {
        const wasFull = this.#bytes >= HIGH_WATER_BYTES;
        this.#bytes -= message.length;
        if (wasFull && this.#bytes < HIGH_WATER_BYTES) this.#resume();
        yield message;
      } else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
