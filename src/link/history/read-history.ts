import { isMissing } from '../../../foundation/src/runtime/errno.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { type AttemptEntry, isEntryFile, parseEntry } from './attempt-entry.ts';

export interface StoredEntry {
  readonly entry: AttemptEntry;
  readonly size: number;
}

/** The recent attempts in a directory, newest first. Damaged files are left out. */
export async function readEntries(disk: Disk, directory: string): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for (const name of await list(disk, directory)) {
    const text = isEntryFile(name) ? await readText(disk, `${directory}/${name}`) : undefined;
    const entry = text === undefined ? undefined : parseEntry(text);
    if (entry !== undefined) entries.push({ entry, size: Buffer.byteLength(text!) });
  }
  return entries.toSorted((one, other) => timeOf(other.entry) - timeOf(one.entry));
}

export async function readEntry(
  disk: Disk,
  directory: string,
  name: string,
): Promise<AttemptEntry | undefined> {
  const text = await readText(disk, `${directory}/${name}`);
  return text === undefined ? undefined : parseEntry(text);
}

/** When it began, as far as known. */
export function timeOf({ startedAt, end }: AttemptEntry): number {
  return startedAt ?? end?.endedAt ?? 0;
}

async function list(disk: Disk, directory: string): Promise<readonly string[]> {
  try {
    return await disk.list(directory);
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw thrown;
  }
}

async function readText(disk: Disk, path: string): Promise<string | undefined> {
  try {
    const file = await disk.open(path, 'read');
    try {
      return (await file.read(0, await file.size())).toString();
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}
