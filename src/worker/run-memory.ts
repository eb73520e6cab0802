import { createHash } from 'node:crypto';
import type { RunMemory } from '../connectors/connector.ts';
import { type Disk, isSystemError } from '../spool/disk.ts';
import { nodeDisk } from '../spool/node-disk.ts';
import { readSealed, removeFile, writeSealed } from '../spool/sealed-file.ts';

/** What a run remembers is small; anything larger was not written by this program. */
const MOST_BYTES = 16 * 1024 * 1024;

/** A memory that lasts once it is committed. */
export interface FileRunMemory extends RunMemory {
  /** Makes what was to be kept last. Called when the outcome of the run is safe, and not before. */
  commit(): Promise<void>;
}

/** A file for each service. It may be deleted at any time, and one that cannot be read counts as none. */
export function createRunMemory(directory: string, service: string, disk: Disk = nodeDisk): FileRunMemory {
  const name = `${createHash('sha256').update(service).digest('hex').slice(0, 32)}.json`;
  let kept: unknown;
  let touched = false;
  return {
    recall: async () => {
      try {
        if ((await sizeOf(disk, `${directory}/${name}`)) > MOST_BYTES) return undefined;
        const stored = await readSealed(disk, directory, name);
        return stored === undefined || stored === 'damaged' ? undefined : JSON.parse(stored.text) as unknown;
      } catch {
        return undefined;
      }
    },
    keep: (state) => {
      kept = state;
      touched = true;
    },
    commit: async () => {
      if (!touched) return;
      if (kept === undefined) return await forget(disk, directory, name);
      await disk.makeDirectory(directory);
      await writeSealed(disk, directory, name, JSON.stringify(kept));
    },
  };
}

async function sizeOf(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, 'read');
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}

/** Lasting, so that no power cut brings the memory back. */
async function forget(disk: Disk, directory: string, name: string): Promise<void> {
  try {
    await removeFile(disk, `${directory}/${name}`);
    await disk.syncDirectory(directory);
  } catch (thrown) {
    if (!isSystemError(thrown, 'ENOENT')) throw thrown;
  }
}
