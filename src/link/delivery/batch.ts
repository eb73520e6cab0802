import { promisify } from 'node:util';
import { constants, crc32, zstdCompress, zstdCompressSync } from 'node:zlib';
import type { Batch } from '../../channel/frames.ts';
import type { AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { OutboxBatch } from '../outbox/outbox.ts';

const compress = promisify(zstdCompress);
const LEVEL_3 = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
/** Smaller payloads are not worth compressing. */
const WORTH_COMPRESSING_BYTES = 256;
/** Up to this size, compressing takes less time than a round trip to another thread. */
const COMPRESSED_INLINE_BYTES = 16 * 1024;

/**
 * Makes the frame of consecutive records. The payload is compressed once, and off the event loop
 * when it is large.
 */
export async function makeBatch(
  ref: AttemptRef,
  { firstSequence, lines, last }: OutboxBatch,
  zstd: boolean,
): Promise<Batch> {
  const raw = Buffer.concat(lines);
  const smaller = zstd && raw.length >= WORTH_COMPRESSING_BYTES ? await compressed(raw) : raw;
  const packed = smaller.length < raw.length;
  const payload = packed ? smaller : raw;
  return {
    ref,
    firstSequence,
    count: lines.length,
    codec: packed ? 'CODEC_ZSTD' : 'CODEC_NONE',
    crc32: crc32(payload),
    rawBytes: raw.length,
    payload,
    last,
  };
}

async function compressed(raw: Buffer): Promise<Buffer> {
  return raw.length <= COMPRESSED_INLINE_BYTES
    ? zstdCompressSync(raw, LEVEL_3)
    : await compress(raw, LEVEL_3);
}
