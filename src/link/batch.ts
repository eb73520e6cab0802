import { promisify } from 'node:util';
import { constants, crc32, zstdCompress } from 'node:zlib';
import type { Batch } from '../channel/frames.ts';
import type { AttemptRef } from '../domain/ids.ts';
import type { OutboxBatch } from './outbox.ts';

const compress = promisify(zstdCompress);
const LEVEL_3 = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
/** Below this, compression saves less than it costs. */
const WORTH_COMPRESSING_BYTES = 256;

/** Makes the frame of a run of records; the payload is compressed once, off the event loop. */
export async function makeBatch(ref: AttemptRef, { firstSequence, lines, last }: OutboxBatch, zstd: boolean): Promise<Batch> {
  const raw = Buffer.concat(lines);
  const smaller = zstd && raw.length >= WORTH_COMPRESSING_BYTES ? await compress(raw, LEVEL_3) : raw;
  const packed = smaller.length < raw.length;
  const payload = packed ? smaller : raw;
  return {
    ref, firstSequence, count: lines.length, codec: packed ? 'CODEC_ZSTD' : 'CODEC_NONE',
    crc32: crc32(payload), rawBytes: raw.length, payload, last,
  };
}
