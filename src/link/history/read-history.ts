import { type Disk, listIfPresent, readIfPresent } from '../../../foundation/src/runtime/disk.ts';
import { type AttemptEntry, isEntryFile, parseEntry } from './attempt-entry.ts';

export interface StoredEntry {
  readonly entry: AttemptEntry;
  readonly size: number;
}

/** The recent attempts in a directory, newest first. Damaged files are left out. */
export async function readEntries(disk: Disk, directory: string): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for (const name of await listIfPresent(disk, directory)) {
    const text = isEntryFile(name) ? await readIfPresent(disk, `${directory}/${name}`) : undefined;
    const entry = text === undefined ? undefined : parseEntry(text.toString());
    if (entry !== undefined) entries.push({ entry, size: text!.byteLength });
  }
  return entries.toSorted((one, other) => timeOf(other.entry) - timeOf(one.entry));
}

export async function readEntry(
  disk: Disk,
  directory: string,
  name: string,
): Promise<AttemptEntry | undefined> {
  const text = await readIfPresent(disk, `${directory}/${name}`);
  return text === undefined ? undefined : parseEntry(text.toString());
}

/** Start time, or end time if the start is unknown. */
export function timeOf({ startedAt, end }: AttemptEntry): number {
  return startedAt ?? end?.endedAt ?? 0;
}
