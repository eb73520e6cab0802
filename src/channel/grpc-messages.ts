import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Pieces } from './framed-channel.ts';

const PREFIX_BYTES = 5;

/** Frames one gRPC message: the compression flag (always 0), the length, the bytes. */
export function prefixed(message: Pieces): Pieces {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(
    message.reduce((sum, piece) => sum + piece.length, 0),
    1,
  );
  return [prefix, ...message];
}

/** Splits a byte stream into messages. */
export class MessageSplitter {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Yields the messages that this chunk completes. Throws FRAME_TOO_LARGE or PROTOCOL_VIOLATION;
   * the stream is then unusable.
   */
  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= PREFIX_BYTES) {
      const size = this.#nextSize();
      if (this.#length < PREFIX_BYTES + size) return;
      yield this.#take(PREFIX_BYTES + size).subarray(PREFIX_BYTES);
    }
  }

  #nextSize(): number {
    if (this.#chunks[0]!.length < PREFIX_BYTES) this.#chunks = [Buffer.concat(this.#chunks)];
    const head = this.#chunks[0]!;
    if (head.readUInt8(0) !== 0)
      throw new RunnerError('PROTOCOL_VIOLATION', 'received gRPC message is compressed');
    const size = head.readUInt32BE(1);
    if (size > this.#limit)
      throw new RunnerError(
        'FRAME_TOO_LARGE',
        `announced gRPC message of ${size} bytes exceeds the size limit`,
      );
    return size;
  }

  #take(bytes: number): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#length -= bytes;
    this.#chunks = this.#length === 0 ? [] : [all.subarray(bytes)];
    return all.subarray(0, bytes);
  }
}
