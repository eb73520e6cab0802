import { randomFillSync } from 'node:crypto';
import type { Pieces } from './framed-channel.ts';

/** The longest head of a frame (RFC 6455, section 5.2), rounded up to whole words. */
const HEAD_BYTES = 16;
const WORD_BYTES = 4;
/** Masked in one step of the loop, which takes a third of the time of single words. */
const STEP_WORDS = 4;
const FINAL_BINARY = 0x82;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Enough for a batch of usual size. Longer messages get memory of their own. */
const KEPT_BYTES = 256 * 1024;
const KEYS = 256;

/**
 * Makes binary messages as a client sends them: a single frame each, masked. The payload is copied
 * once, into memory that is used again, and masked by words in place: masking by bytes takes as
 * long as the encryption of the same bytes, and pages of new memory longer than both.
 */
export class MessageMasker {
  #kept: ArrayBuffer | undefined;
  readonly #keys = new Int32Array(KEYS);
  #nextKey = KEYS;

  /** Valid until the next call. */
  masked(pieces: Pieces): Buffer {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const words = Math.ceil(length / WORD_BYTES / STEP_WORDS) * STEP_WORDS;
    const target = Buffer.from(this.#memory(HEAD_BYTES + words * WORD_BYTES));
    let at = HEAD_BYTES;
    for (const piece of pieces) {
      target.set(piece, at);
      at += piece.length;
    }
    const key = this.#key();
    mask(new Int32Array(target.buffer, HEAD_BYTES, words), key[0]!);
    const head = frameHead(length, Buffer.from(key.buffer, key.byteOffset, WORD_BYTES));
    target.set(head, HEAD_BYTES - head.length);
    return target.subarray(HEAD_BYTES - head.length, at);
  }

  #memory(bytes: number): ArrayBuffer {
    if (bytes > KEPT_BYTES) return new ArrayBuffer(bytes);
    this.#kept ??= new ArrayBuffer(KEPT_BYTES);
    return this.#kept;
  }

  /** Of each key, a view that the next drawing of keys overwrites. */
  #key(): Int32Array {
    if (this.#nextKey === KEYS) {
      randomFillSync(this.#keys);
      this.#nextKey = 0;
    }
    return this.#keys.subarray(this.#nextKey, ++this.#nextKey);
  }
}

function mask(words: Int32Array, key: number): void {
  for (let index = 0; index < words.length; index += STEP_WORDS) {
    words[index]! ^= key;
    words[index + 1]! ^= key;
    words[index + 2]! ^= key;
    words[index + 3]! ^= key;
  }
}

function frameHead(length: number, key: Buffer): Buffer {
  return Buffer.concat([Buffer.of(FINAL_BINARY), lengthField(length), key]);
}

function lengthField(length: number): Buffer {
  if (length < LENGTH_16) return Buffer.of(MASKED | length);
  if (length < 1 << 16) {
    const field = Buffer.of(MASKED | LENGTH_16, 0, 0);
    field.writeUInt16BE(length, 1);
    return field;
  }
  const field = Buffer.alloc(9);
  field.writeUInt8(MASKED | LENGTH_64, 0);
  field.writeUIntBE(length, 3, 6);
  return field;
}
