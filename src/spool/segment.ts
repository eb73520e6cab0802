/*
 * The spool's file format, and what must never break.
 *
 * 1. A record is delivered only once it is fsynced, including the name of its segment in the
 *    directory.
 * 2. Sequences run 1, 2, 3, ... without gaps over all segments of an attempt. A segment is named
 *    after its first sequence.
 * 3. A directory has one writer at a time, and a writer writes one group at a time: the next one
 *    only when the previous one is durable. Each record carries the number of bytes of its file
 *    that were durable when its group began (`synced`).
 * 4. Therefore an invalid record is a torn tail if no later record has a `synced` beyond it: it was
 *    never reported durable, and is cut off. An invalid record that a later one proves durable is
 *    corruption (SPOOL_CORRUPT), never cut silently.
 * 5. A segment is deleted only when every record in it is acknowledged, oldest segment first, and
 *    only after the ledger with that acknowledgement is durable.
 * 6. An attempt exists exactly as long as its journal, which is written last when an attempt is
 *    created and deleted first.
 * 7. The writer reports the segment of its next record. Earlier segments never grow again, so they
 *    can be deleted once they are acknowledged, even before the next segment has a record: on a
 *    full disk it could not get one otherwise.
 *
 * After a crash at any instruction, of the process or of the machine, every record that was
 * reported durable is still there.
 *
 * File:   magic "HRSP" | version u32 | first sequence u64
 * Record: length u32 | crc32 u32 | flags u8 | synced u32 | sequence u64 | payload
 * Numbers are big-endian. The CRC covers length, flags, synced, sequence and payload.
 */
import { crc32 } from 'node:zlib';
import type { Sequence } from '../../foundation/src/domain/ids.ts';

export const HEADER_BYTES = 16;
export const RECORD_HEADER_BYTES = 21;
/** Records are smaller; a larger length is a damaged one. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

const MAGIC = 0x48_52_53_50;
const VERSION = 1;
const FLAG_LAST = 1;

const SEGMENT_MIN_BYTES = 64 * 1024;
const SEGMENT_MAX_BYTES = 8 * 1024 * 1024;

/**
 * The size limit of a segment for a disk with so many free bytes. Space is freed by whole segments,
 * so a small disk needs small ones.
 */
export function segmentBytesFor(free: number): number {
  return Math.min(SEGMENT_MAX_BYTES, Math.max(SEGMENT_MIN_BYTES, Math.floor(free / 16)));
}

export interface SpoolRecord {
  readonly sequence: Sequence;
  /** Whether it is the outcome, the last record of the attempt. */
  readonly last: boolean;
  readonly payload: Uint8Array;
}

export interface DecodedRecord extends SpoolRecord {
  readonly synced: number;
  /** Size in the file. */
  readonly bytes: number;
}

export function segmentName(first: Sequence): string {
  return `${String(first).padStart(20, '0')}.seg`;
}

/** The first sequence of the segment with this file name; undefined for other files. */
export function segmentFirst(name: string): Sequence | undefined {
  return /^[0-9]{20}\.seg$/.test(name) ? Number(name.slice(0, 20)) : undefined;
}

export function encodeHeader(first: Sequence): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(MAGIC, 0);
  header.writeUInt32BE(VERSION, 4);
  header.writeBigUInt64BE(BigInt(first), 8);
  return header;
}

export function isHeader(bytes: Buffer, first: Sequence): boolean {
  return (
    bytes.length >= HEADER_BYTES && bytes.subarray(0, HEADER_BYTES).equals(encodeHeader(first))
  );
}

export function recordBytes(record: SpoolRecord): number {
  return RECORD_HEADER_BYTES + record.payload.byteLength;
}

/** Writes the record into `target` at `at`; returns the position after it. */
export function encodeRecord(
  record: SpoolRecord,
  synced: number,
  target: Buffer,
  at: number,
): number {
  const end = at + recordBytes(record);
  target.writeUInt32BE(record.payload.byteLength, at);
  target.writeUInt8(record.last ? FLAG_LAST : 0, at + 8);
  target.writeUInt32BE(synced, at + 9);
  target.writeBigUInt64BE(BigInt(record.sequence), at + 13);
  target.set(record.payload, at + RECORD_HEADER_BYTES);
  target.writeUInt32BE(checksum(target, at, end), at + 4);
  return end;
}

/**
 * The record at `at`, a view on `bytes`. `short`: the bytes end before the record. `bad`: not a
 * valid record.
 */
export function decodeRecord(bytes: Buffer, at: number): DecodedRecord | 'short' | 'bad' {
  if (bytes.length - at < RECORD_HEADER_BYTES) return 'short';
  const length = bytes.readUInt32BE(at);
  if (length > MAX_PAYLOAD_BYTES) return 'bad';
  const end = at + RECORD_HEADER_BYTES + length;
  if (bytes.length < end) return 'short';
  if (bytes.readUInt32BE(at + 4) !== checksum(bytes, at, end)) return 'bad';
  return {
    sequence: Number(bytes.readBigUInt64BE(at + 13)),
    last: (bytes.readUInt8(at + 8) & FLAG_LAST) !== 0,
    synced: bytes.readUInt32BE(at + 9),
    payload: bytes.subarray(at + RECORD_HEADER_BYTES, end),
    bytes: end - at,
  };
}

function checksum(bytes: Buffer, at: number, end: number): number {
  return crc32(bytes.subarray(at + 8, end), crc32(bytes.subarray(at, at + 4)));
}
