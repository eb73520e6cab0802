import { RunnerError } from '../runtime/errors.ts';

const PREFIX_BYTES = 5;

/** gRPC's framing of one message: a flag for compression (never used here), the length, the bytes. */
export function prefixed(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

/** Takes a stream of bytes apart into messages. */
export class MessageSplitter {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The messages that this chunk completes. Throws FRAME_TOO_LARGE or PROTOCOL_VIOLATION; then the stream is lost. */
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
      throw new RunnerError('PROTOCOL_VIOLATION', 'the other side sent a compressed gRPC message');
    const size = head.readUInt32BE(1);
    if (size > this.#limit)
      throw new RunnerError(
        'FRAME_TOO_LARGE',
        `the other side announced a message of ${size} bytes`,
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
