import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

export const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** One text of a pack. */
export interface PackedText {
  /** Its share of the memory that the pack takes. */
  readonly bytes: () => number;
  /** The text. Call once: the memory is released when all texts have been read. */
  readonly read: () => string;
}

/**
 * Texts that wait together, compressed together: alone, each would take longer to compress than to
 * parse. Read texts of one pack one after the other. Memory is outside of the heap and is released
 * explicitly, because garbage would be collected late.
 */
export class DescribePack {
  readonly #unpacker: Unpacker;
  readonly #waiting: Buffer[] = [];
  #length = 0;
  #unread = 0;
  #packed: ArrayBuffer | undefined;

  constructor(unpacker: Unpacker) {
    this.#unpacker = unpacker;
  }

  /** Adds a copy of the text. */
  add(text: Buffer): PackedText {
    const [start, end] = [this.#length, this.#length + text.length];
    this.#waiting.push(Buffer.from(text));
    this.#length = end;
    this.#unread += 1;
    return {
      bytes: () => ((this.#packed?.byteLength ?? this.#length) * text.length) / this.#length,
      read: () => this.#read(start, end),
    };
  }

  /** Compresses what was added. Nothing can be added afterwards. */
  close(): void {
    const all = Buffer.concat(this.#waiting);
    this.#waiting.length = 0;
    const compressed = zstdCompressSync(all, FASTEST);
    this.#packed = new ArrayBuffer(compressed.length);
    Buffer.from(this.#packed).set(compressed);
    release(all);
    release(compressed);
  }

  #read(start: number, end: number): string {
    const text = this.#unpacker
      .unpack(this, this.#packed!, this.#length)
      .toString('utf8', start, end);
    this.#unread -= 1;
    if (this.#unread === 0) {
      this.#unpacker.drop(this);
      this.#packed?.transfer(0);
    }
    return text;
  }
}

/** Keeps the pack that was read last, since its other texts follow. */
export class Unpacker {
  #pack: DescribePack | undefined;
  #texts: Buffer | undefined;

  unpack(pack: DescribePack, packed: ArrayBuffer, length: number): Buffer {
    if (this.#pack !== pack || this.#texts === undefined) {
      this.drop(this.#pack);
      this.#pack = pack;
      // One more byte than needed, so that the whole text comes as one chunk.
      this.#texts = zstdDecompressSync(Buffer.from(packed), {
        chunkSize: Math.max(64, length + 1),
      });
    }
    return this.#texts;
  }

  drop(pack: DescribePack | undefined): void {
    if (this.#pack !== pack || this.#texts === undefined) return;
    release(this.#texts);
    this.#texts = undefined;
  }
}

/** Small buffers share their memory with others. */
function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteLength > Buffer.poolSize) buffer.transfer(0);
}
