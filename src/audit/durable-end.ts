import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { trailFiles } from './files.ts';
import type { Link } from './line.ts';
import { type TrailPlace, withTrailLock } from './lock.ts';
import { readTail } from './tail.ts';

/**
 * The last line; undefined if there is none. Waits for writers, and makes what they have written
 * durable: who tells others of a line that a crash then removes makes an honest trail look forged.
 * Throws AUDIT_DAMAGED, STATE_LOCKED and the errors of the disk.
 */
export async function durableEnd(
  place: TrailPlace,
  signal: AbortSignal,
): Promise<Link | undefined> {
  const { disk, directory } = place;
  if ((await trailFiles(disk, directory)).length === 0) return undefined;
  return withTrailLock(place, signal, async () => {
    const tail = await readTail(disk, await trailFiles(disk, directory));
    if (tail === undefined || tail.end.number === 0) return undefined;
    await syncFile(disk, tail.path);
    await disk.syncDirectory(directory);
    const { number, hash } = tail.end;
    return { number, hash };
  });
}

async function syncFile(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path, 'write');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
