import { crc32, zstdDecompressSync } from 'node:zlib';
import type { NewRecord } from '../store/store.ts';
import { MAX_BATCH_BYTES } from './codec.ts';
import type { Batch } from './frames.ts';

/** Maximum size of a batch after decompression. */
const MAX_RAW_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The lines of a batch without newlines, or the problem with it. Inflates no further than the
 * announced size.
 */
export function unpack(batch: Batch): { readonly lines: string[] } | { readonly problem: string } {
  const problem = outerProblem(batch);
  if (problem !== undefined) return { problem };
  const raw = inflate(batch);
  if (raw === undefined) return { problem: 'payload cannot be inflated to the announced size' };
  if (raw.length !== batch.rawBytes)
    return { problem: 'payload size differs from the announced size' };
  if (raw.at(-1) !== NEWLINE) return { problem: 'payload does not end with a newline' };
  const lines = raw.toString('utf8', 0, raw.length - 1).split('\n');
  return lines.length === batch.count
    ? { lines }
    : { problem: 'number of lines differs from the announced count' };
}

function outerProblem(batch: Batch): string | undefined {
  if (batch.payload.length > MAX_BATCH_BYTES) return 'payload exceeds the size limit';
  if (batch.rawBytes > MAX_RAW_BYTES) return 'inflated payload exceeds the size limit';
  if (batch.firstSequence < 1 || batch.count < 1) return 'batch is empty or has invalid numbers';
  return crc32(batch.payload) === batch.crc32 ? undefined : 'payload checksum mismatch';
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

/** Parses a line; its kind is `unreadable` when it is not a record. */
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
