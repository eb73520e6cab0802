/*
 * How far the other side has said it has everything. What must never break:
 *
 * 1. Noting it needs no room: segments are deleted only after it is noted, so a disk that the spool has filled would
 *    never get emptier. The file is made whole with the attempt, and is written in place from then on.
 * 2. There are two slots, a sector of a disk or more apart, and the one with the lower number is written: a crash
 *    tears that one and leaves the other.
 */
import { crc32 } from 'node:zlib';
import type { Sequence } from '../domain/ids.ts';
import { isErrno } from '../runtime/errno.ts';
import { type Disk, type DiskFile } from '../runtime/disk.ts';

const NAME = 'acknowledged';
/** The largest sector of common disks. */
const SLOT_BYTES = 4096;
const SLOTS = [0, SLOT_BYTES] as const;

export interface Noted {
  readonly sequence: Sequence;
  /** False when a slot is torn or damaged: then it may have been more. */
  readonly certain: boolean;
}

/** Makes the file, in a directory that has none. Its name is durable once the directory is synced. */
export async function createLedger(disk: Disk, directory: string): Promise<void> {
  const file = await disk.open(`${directory}/${NAME}`, 'create');
  await closing(file, async () => {
    for (const at of SLOTS) await file.write(encodeSlot(0), at);
    await file.sync();
  });
}

/** Durable when this resolves. */
export async function writeLedger(
  disk: Disk,
  directory: string,
  acknowledged: Sequence,
): Promise<void> {
  const file = await openOrCreate(disk, directory);
  await closing(file, async () => {
    const [first, second] = await readSlots(file);
    await file.write(encodeSlot(acknowledged), first <= second ? SLOTS[0] : SLOTS[1]);
    await file.sync();
  });
}

/** 0 when there is no ledger. */
export async function readLedger(disk: Disk, directory: string): Promise<Noted> {
  const file = await openIfThere(disk, directory);
  if (file === undefined) return { sequence: 0, certain: true };
  const slots = await closing(file, () => readSlots(file));
  return { sequence: Math.max(0, ...slots), certain: !slots.includes(DAMAGED) };
}

async function openOrCreate(disk: Disk, directory: string): Promise<DiskFile> {
  const file = await openIfThere(disk, directory);
  if (file !== undefined) return file;
  await createLedger(disk, directory);
  await disk.syncDirectory(directory);
  return disk.open(`${directory}/${NAME}`, 'write');
}

async function openIfThere(disk: Disk, directory: string): Promise<DiskFile | undefined> {
  try {
    return await disk.open(`${directory}/${NAME}`, 'write');
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

async function closing<T>(file: DiskFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await file.close();
  }
}

const DAMAGED = -1;

async function readSlots(file: DiskFile): Promise<[Sequence, Sequence]> {
  const bytes = await file.read(0, 2 * SLOT_BYTES);
  return [decodeSlot(bytes.subarray(SLOTS[0])), decodeSlot(bytes.subarray(SLOTS[1]))];
}

/** Fills its slot, so that its room is taken. */
function encodeSlot(sequence: Sequence): Buffer {
  const text = String(sequence);
  return Buffer.alloc(SLOT_BYTES, `${checksum(text)} ${text}\n`.padEnd(SLOT_BYTES, ' '));
}

function decodeSlot(bytes: Buffer): Sequence {
  const { crc, text } =
    /^(?<crc>[0-9a-f]{8}) (?<text>[0-9]{1,16})\n/.exec(bytes.toString('latin1', 0, 64))?.groups ??
    {};
  return text !== undefined && checksum(text) === crc ? Number(text) : DAMAGED;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
