import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AttemptRef } from '../../foundation/src/domain/ids.ts';
import { type Disk, removeFile } from '../../foundation/src/runtime/disk.ts';
import { ifPresent } from '../../foundation/src/runtime/errno.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { readSealed, writeSealed } from '../spool/sealed-file.ts';

/** State is small; a larger file was not written by this program. */
const MAX_BYTES = 16 * 1024 * 1024;

const stateAtRevisionSchema = z.object({
  /** The revision of the catalog once the control plane has accepted all of the run. */
  revision: z.string().min(1),
  state: z.unknown(),
});
export type StateAtRevision = z.infer<typeof stateAtRevisionSchema>;

/** The state of the previous run of a service. */
export interface StateFile {
  /** Undefined when the file is missing or cannot be read. */
  load(): Promise<StateAtRevision | undefined>;
  save(stored: StateAtRevision): Promise<void>;
  clear(): Promise<void>;
}

/**
 * A file for each service. It may be deleted at any time; a file that cannot be read counts as
 * missing.
 */
export function openStateFile(
  directory: string,
  service: string,
  disk: Disk = nodeDisk,
): StateFile {
  const name = `${createHash('sha256').update(service).digest('hex').slice(0, 32)}.json`;
  return {
    load: async () => {
      try {
        if ((await sizeOf(disk, `${directory}/${name}`)) > MAX_BYTES) return undefined;
        const stored = await readSealed(disk, directory, name);
        return stored === undefined || stored === 'damaged'
          ? undefined
          : stateAtRevisionSchema.parse(JSON.parse(stored.text));
      } catch {
        return undefined;
      }
    },
    save: async (stored) => {
      await disk.makeDirectory(directory);
      await writeSealed(disk, directory, name, JSON.stringify(stored));
    },
    clear: () => remove(disk, directory, name),
  };
}

/**
 * The revision of the catalog once the control plane has accepted all of an attempt. `outcome` is
 * the attempt's last line, with its newline. Both sides derive the revision, so no acknowledgement
 * of it can be lost: docs/protocol.md has the rule.
 */
export function revisionAfter({ runId, epoch }: AttemptRef, outcome: string): string {
  return createHash('sha256')
    .update(`hybrid-runner/catalog/v1\n${runId}\n${epoch}\n${outcome}`)
    .digest('hex');
}

async function sizeOf(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, 'read');
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}

/** Durable, so that a power failure does not bring the file back. */
async function remove(disk: Disk, directory: string, name: string): Promise<void> {
  await removeFile(disk, `${directory}/${name}`);
  await ifPresent(disk.syncDirectory(directory));
}
