/*
 * Room for the record that ends an attempt whose worker is gone, set aside when the attempt is made: the disk may be full by
 * the time that somebody has to say so. The record is written over the reserve in place, which then gets the name of a
 * segment. (A file system that never writes in place needs room all the same; the caller tries again.)
 */
import { isErrno } from '../runtime/errno.ts';
import type { Disk, DiskFile } from '../runtime/disk.ts';
import {
  encodeHeader,
  encodeRecord,
  HEADER_BYTES,
  recordBytes,
  segmentName,
  type SpoolRecord,
} from './segment.ts';

const NAME = 'reserve';
/** Some times the size of an outcome with an error. */
const RESERVE_BYTES = 8 * 1024;

/** Makes the file, in a directory that has none. Its name is durable once the directory is synced. */
export async function createReserve(disk: Disk, directory: string): Promise<void> {
  const file = await disk.open(`${directory}/${NAME}`, 'create');
  try {
    await file.write(Buffer.alloc(RESERVE_BYTES, '.'), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes a segment of one record, in the reserve's place where there is one; durable when this resolves. Returns its bytes. */
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
  try {
    return await disk.open(path, 'write');
  } catch (thrown) {
    if (!isErrno(thrown, 'ENOENT')) throw thrown;
    return await disk.open(path, 'create');
  }
}
