import type { Sequence } from '../../foundation/src/domain/ids.ts';
import { decodeRecord, HEADER_BYTES, isHeader, RECORD_HEADER_BYTES } from './segment.ts';

/** The content of a segment. */
export interface Scan {
  /** Where the last valid record ends; 0 if the header is invalid. */
  readonly end: number;
  /** Sequence of the last valid record; if none is valid, the one before the first. */
  readonly last: Sequence;
  /** Whether the last valid record is the outcome of the attempt. */
  readonly complete: boolean;
  /** Where the last valid record up to `mark` ends; 0 if there is none. */
  readonly markEnd: number;
  /** What the bytes after `end` are. */
  readonly tail: 'none' | 'torn' | 'corrupt';
}

/** Checks a whole segment. `mark` is a sequence whose end is to be found. */
export function scanSegment(bytes: Buffer, first: Sequence, mark: Sequence = 0): Scan {
  if (!isHeader(bytes, first))
    return { end: 0, last: first - 1, complete: false, markEnd: 0, tail: judgeTail(bytes, 0) };
  let end = HEADER_BYTES;
  let last = first - 1;
  let complete = false;
  let markEnd = 0;
  for (;;) {
    const record = decodeRecord(bytes, end);
    if (typeof record === 'string' || record.sequence !== last + 1) break;
    end += record.bytes;
    last = record.sequence;
    complete = record.last;
    if (last <= mark) markEnd = end;
  }
  return {
    end,
    last,
    complete,
    markEnd,
    tail: end === bytes.length ? 'none' : judgeTail(bytes, end),
  };
}

/**
 * Corrupt if a later valid record states that the bytes at `bad` were durable when it was written.
 */
function judgeTail(bytes: Buffer, bad: number): 'torn' | 'corrupt' {
  for (let at = bad + 1; at + RECORD_HEADER_BYTES <= bytes.length; at++) {
    const synced = bytes.readUInt32BE(at + 9);
    if (synced <= bad || synced > at) continue;
    if (typeof decodeRecord(bytes, at) !== 'string') return 'corrupt';
  }
  return 'torn';
}
