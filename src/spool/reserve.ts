/*
 * Disk space for the record that ends an attempt whose worker has died. It is allocated with the
 * attempt, because the disk may be full when the record is due. The record is written in place over
 * the reserve, which is then renamed to a segment. (Copy-on-write file systems need free space
 * anyway; the caller retries.)
 */
import type { Disk, DiskFile } from '../../foundation/src/runtime/disk.ts';
import { ifPresent } from '../../foundation/src/runtime/errno.ts';
import {
  encodeHeader,
  encodeRecord,
  HEADER_BYTES,
  recordBytes,
  segmentName,
  type SpoolRecord,
} from './segment.ts';

const NAME = 'reserve';
/** Several times the size of an outcome with an error. */
const RESERVE_BYTES = 8 * 1024;

/** Creates the file. Its name is durable once the directory is synced. */
export async function createReserve(disk: Disk, directory: string): Promise<void> {
  const file = await disk.open(`${directory}/${NAME}`, 'create');
  try {
    await file.write(Buffer.alloc(RESERVE_BYTES, '.'), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes a segment of one record, in place of the reserve if it exists. Durable when this resolves.
 * Returns its size.
 */
export async function writeFromReserve(
  disk: Disk,
  directory: string,
  record: SpoolRecord,
): Promise<number> {
  const encoded = Buffer.alloc(HEADER_BYTES + recordBytes(record));
  encoded.set(encodeHeader(record.sequence));
  encodeRecord(record, 0, encoded, HEADER_BYTES);
  const path = `${directory}/${NAME}`;
  const file = await openOrCreate(disk, path);
  try {
    await file.write(encoded, 0);
    await file.truncate(encoded.byteLength);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(path, `${directory}/${segmentName(record.sequence)}`);
  await disk.syncDirectory(directory);
  return encoded.byteLength;
}

async function openOrCreate(disk: Disk, path: string): Promise<DiskFile> {
  return (await ifPresent(disk.open(path, 'write'))) ?? disk.open(path, 'create');
}
