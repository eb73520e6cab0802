import { crc32, zstdDecompressSync } from 'node:zlib';
import type { NewRecord } from '../store/store.ts';
import { MAX_BATCH_BYTES } from './codec.ts';
import type { Batch } from './frames.ts';

/** Largest batch after decompression. */
const MAX_RAW_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

/** The lines of a batch without their newlines, or what is wrong with it. Inflates no further than it announces. */
export function unpack(batch: Batch): { readonly lines: string[] } | { readonly problem: string } {
  const problem = outerProblem(batch);
  if (problem !== undefined) return { problem };
  const raw = inflate(batch);
  if (raw === undefined)
    return { problem: 'the payload cannot be inflated to the size it announces' };
  if (raw.length !== batch.rawBytes)
    return { problem: 'the payload has another size than it announces' };
  if (raw.at(-1) !== NEWLINE) return { problem: 'the payload does not end with a newline' };
  const lines = raw.toString('utf8', 0, raw.length - 1).split('\n');
  return lines.length === batch.count
    ? { lines }
    : { problem: 'the payload has another number of lines than it announces' };
}

function outerProblem(batch: Batch): string | undefined {
  if (batch.payload.length > MAX_BATCH_BYTES) return 'the payload is too large';
  if (batch.rawBytes > MAX_RAW_BYTES) return 'the payload is too large when inflated';
  if (batch.firstSequence < 1 || batch.count < 1) return 'the batch is empty or badly numbered';
  return crc32(batch.payload) === batch.crc32 ? undefined : 'the payload fails its checksum';
}

function inflate(batch: Batch): Buffer | undefined {
  if (batch.codec === 'CODEC_NONE') return batch.payload;
  if (batch.codec !== 'CODEC_ZSTD') return undefined;
  try {
    return zstdDecompressSync(batch.payload, { maxOutputLength: Math.max(batch.rawBytes, 1) });
  } catch {
    return undefined;
  }
}

export type ParsedRecord = NewRecord & { readonly value: Readonly<Record<string, unknown>> };

/** What kind of record a line holds; `unreadable` when it is none. */
export function parseRecord(line: string): ParsedRecord {
  const value = parseObject(line);
  const kind = value?.['kind'];
  return { kind: typeof kind === 'string' ? kind : 'unreadable', line, value: value ?? {} };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
