import { join } from 'node:path';
import { type Disk, listIfPresent } from '../../foundation/src/runtime/disk.ts';
import { isMissing } from '../../foundation/src/runtime/errno.ts';

/** A file of the trail. Its name has the number of its first line. */
export interface TrailFile {
  readonly path: string;
  readonly first: number;
}

export function trailFile(directory: string, first: number): TrailFile {
  return { path: join(directory, `audit-${String(first).padStart(12, '0')}.jsonl`), first };
}

/** In the order of their lines; none if there is no trail yet. */
export async function trailFiles(disk: Disk, directory: string): Promise<TrailFile[]> {
  const names = await listIfPresent(disk, directory);
  return names
    .map((name) => /^audit-(?<first>\d{12})\.jsonl$/.exec(name)?.groups?.['first'])
    .filter((first) => first !== undefined)
    .map((first) => trailFile(directory, Number(first)))
    .toSorted((a, b) => a.first - b.first);
}

/** Years of ordinary use: from here on, something records far more than jobs do. */
export const LARGE_TRAIL_BYTES = 1024 ** 3;

export interface TrailSize {
  readonly files: number;
  readonly bytes: number;
}

/** Files that expire meanwhile count as empty. */
export async function trailSize(disk: Disk, directory: string): Promise<TrailSize> {
  const files = await trailFiles(disk, directory);
  const sizes = await Promise.all(files.map(({ path }) => sizeOf(disk, path)));
  return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

async function sizeOf(disk: Disk, path: string): Promise<number> {
  try {
    const file = await disk.open(path, 'read');
    try {
      return await file.size();
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (isMissing(thrown)) return 0;
    throw thrown;
  }
}
