/*
 * The position up to which the control plane has acknowledged the records. What must never break:
 *
 * 1. Writing it takes no disk space. Segments are deleted only after their acknowledgement is
 *    written, so a disk that the spool has filled could not be freed otherwise. The file is created
 *    with the attempt at its final size and is written in place.
 * 2. There are two slots, at least one disk sector apart, and the one with the lower number is
 *    overwritten: a crash tears that slot and leaves the other.
 */
import { crc32 } from 'node:zlib';
import type { Sequence } from '../../foundation/src/domain/ids.ts';
import { ifPresent } from '../../foundation/src/runtime/errno.ts';
import { type Disk, type DiskFile } from '../../foundation/src/runtime/disk.ts';

const NAME = 'acknowledged';
/** The largest sector of common disks. */
const SLOT_BYTES = 4096;
const SLOTS = [0, SLOT_BYTES] as const;

export interface Acknowledged {
  readonly sequence: Sequence;
  /** False if a slot is torn or damaged: the position may have been higher. */
  readonly certain: boolean;
}

/** Creates the file. Its name is durable once the directory is synced. */
export async function createLedger(disk: Disk, directory: string): Promise<void> {
  const file = await disk.open(`${directory}/${NAME}`, 'create');
  await closeAfter(file, async () => {
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
  await closeAfter(file, async () => {
    const [first, second] = await readSlots(file);
    await file.write(encodeSlot(acknowledged), first <= second ? SLOTS[0] : SLOTS[1]);
    await file.sync();
  });
}

/** Position 0 if there is no ledger. */
export async function readLedger(disk: Disk, directory: string): Promise<Acknowledged> {
  const file = await openIfPresent(disk, directory);
  if (file === undefined) return { sequence: 0, certain: true };
  const slots = await closeAfter(file, () => readSlots(file));
  return { sequence: Math.max(0, ...slots), certain: !slots.includes(DAMAGED) };
}

async function openOrCreate(disk: Disk, directory: string): Promise<DiskFile> {
  const file = await openIfPresent(disk, directory);
  if (file !== undefined) return file;
  await createLedger(disk, directory);
  await disk.syncDirectory(directory);
  return disk.open(`${directory}/${NAME}`, 'write');
}

function openIfPresent(disk: Disk, directory: string): Promise<DiskFile | undefined> {
  return ifPresent(disk.open(`${directory}/${NAME}`, 'write'));
}

async function closeAfter<T>(file: DiskFile, work: () => Promise<T>): Promise<T> {
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

/** Fills the whole slot, so that its disk space is allocated. */
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
