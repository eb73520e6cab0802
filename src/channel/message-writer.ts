import type { Duplex } from 'node:stream';
import type { Pieces } from './framed-channel.ts';
import { MessageMasker } from './masked-message.ts';

interface Waiting {
  readonly message: Pieces;
  readonly bytes: number;
  readonly taken: () => void;
}

/**
 * Writes messages to a connection as a WebSocket client, the next one when the connection has taken
 * the one before: several that wait in a TLS socket would be copied once more.
 */
export class MessageWriter {
  readonly #connection: Duplex;
  readonly #masker = new MessageMasker();
  #waiting: Waiting[] = [];
  #bytes = 0;
  #writing = false;
  #atEnd: () => void = () => undefined;

  constructor(connection: Duplex) {
    this.#connection = connection;
  }

  /** Bytes of messages that the connection has not taken yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Calls `taken` once the connection has taken the message, or has closed. */
  write(message: Pieces, taken: () => void): void {
    const bytes = message.reduce((sum, piece) => sum + piece.length, 0);
    this.#bytes += bytes;
    this.#waiting.push({ message, bytes, taken });
    if (!this.#writing) this.#writeNext();
  }

  /** Calls `then` once, when no message waits. */
  end(then: () => void): void {
    if (this.#writing) this.#atEnd = then;
    else then();
  }

  #writeNext(): void {
    const next = this.#waiting.shift();
    this.#writing = next !== undefined;
    if (next === undefined) return this.#atEnd();
    const done = (): void => {
      this.#bytes -= next.bytes;
      next.taken();
      this.#writeNext();
    };
    if (this.#connection.writable) this.#connection.write(this.#masker.masked(next.message), done);
    else process.nextTick(done);
  }
}
