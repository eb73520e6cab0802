import { randomFillSync } from 'node:crypto';

/** The longest head of a frame (RFC 6455, section 5.2), rounded up to whole words. */
const HEAD_BYTES = 16;
const WORD_BYTES = 4;
const FINAL_BINARY = 0x82;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/**
 * One binary message as a client sends it: a single frame, masked. The payload is copied once and
 * masked by words in place; masking by bytes takes as long as the encryption of the same bytes.
 */
export function maskedMessage(pieces: readonly Uint8Array[]): Buffer {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const words = Math.ceil(length / WORD_BYTES);
  // A buffer of its own begins at a whole word.
  const target = Buffer.allocUnsafeSlow(HEAD_BYTES + words * WORD_BYTES);
  let at = HEAD_BYTES;
  for (const piece of pieces) {
    target.set(piece, at);
    at += piece.length;
  }
  const key = randomFillSync(new Int32Array(1));
  mask(new Int32Array(target.buffer, HEAD_BYTES, words), key[0]!);
  const head = frameHead(length, Buffer.from(key.buffer));
  target.set(head, HEAD_BYTES - head.length);
  return target.subarray(HEAD_BYTES - head.length, at);
}

function mask(words: Int32Array, key: number): void {
  for (let index = 0; index < words.length; index++) words[index]! ^= key;
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
