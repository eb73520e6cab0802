export const CHANNEL_KINDS = ['ws', 'grpc'] as const;

export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** An open connection of a runner, over any transport. Each message is one encoded frame. */
export interface Wire {
  readonly kind: ChannelKind;
  /** Messages in order, until the connection ends. A slow reader slows the sender down. */
  readonly messages: AsyncIterable<Buffer>;
  /** Queues a message. Does nothing once the connection has ended. */
  send(message: Buffer): void;
  /** The authenticated peer may send so many bytes before it is answered. */
  expect(bytes: number): void;
  /**
   * Closes after the queued messages, and drops the connection if the peer does not answer.
   * Idempotent.
   */
  close(reason: string): void;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
}

/** How long a close may take before the connection is dropped. */
export const CLOSE_TIMEOUT_MS = 2000;

const HIGH_WATER_BYTES = 4 * 1024 * 1024;

/** Received messages that wait to be read. Pauses the connection while too many wait. */
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
