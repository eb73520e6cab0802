import type { Sequence } from '../domain/ids.ts';
import { decodeRecord, HEADER_BYTES, isHeader, RECORD_HEADER_BYTES } from './segment.ts';

/** What the bytes of a segment hold. `end` is where its last good record ends; 0 when not even the header is good. */
export interface Scan {
  readonly end: number;
  /** Sequence of the last good record; the one before the first when there is none. */
  readonly last: Sequence;
  /** Whether the last good record is the attempt's outcome. */
  readonly complete: boolean;
  /** Where the last good record up to `mark` ends; 0 when there is none. */
  readonly markEnd: number;
  /** How what follows `end` came to be. */
  readonly tail: 'none' | 'torn' | 'corrupt';
}

/** Reads a segment from its first byte to its last, checking everything. `mark` is a sequence to find the end of. */
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

/** Corrupt if some good record further on says that what lies at `bad` was durable when it was written. */
function judgeTail(bytes: Buffer, bad: number): 'torn' | 'corrupt' {
  for (let at = bad + 1; at + RECORD_HEADER_BYTES <= bytes.length; at++) {
    const synced = bytes.readUInt32BE(at + 9);
    if (synced <= bad || synced > at) continue;
    if (typeof decodeRecord(bytes, at) !== 'string') return 'corrupt';
  }
  return 'torn';
}
