import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { renameDurably, replaceFile } from '../../foundation/src/runtime/atomic-write.ts';
import { type Disk, removeFile } from '../../foundation/src/runtime/disk.ts';
import { ifPresent } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** Present from before the switch until the new release has connected. */
const MARKER = '.hybrid-runner-upgrade';

const unfinishedSchema = z.object({
  /** The release to roll back to. */
  from: z.string().regex(/^hybrid-runner-[\w.-]+$/),
  /** Whether the service may run the newer release. */
  restarted: z.boolean(),
});

export type Unfinished = z.infer<typeof unfinishedSchema>;

/** Lets the link lead to another directory beside it; at any moment it leads to one of the two. */
export async function pointTo(link: string, name: string, disk: Disk): Promise<void> {
  const temporary = `${link}.new`;
  await rm(temporary, { force: true });
  await symlink(name, temporary);
  await renameDurably(disk, temporary, link);
}

export async function markUpgrade(parent: string, state: Unfinished, disk: Disk): Promise<void> {
  await replaceFile(disk, join(parent, MARKER), JSON.stringify(state));
}

/** Durably: a marker that came back after a power loss would undo an upgrade that succeeded. */
export async function endUpgrade(parent: string, disk: Disk): Promise<void> {
  await removeFile(disk, join(parent, MARKER));
  await disk.syncDirectory(parent);
}

/**
 * How to roll back an upgrade that was killed; undefined if none was. Throws UPGRADE_REFUSED if it
 * cannot be known.
 */
export async function unfinishedUpgrade(parent: string): Promise<Unfinished | undefined> {
  const path = join(parent, MARKER);
  const text = await ifPresent(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  try {
    return unfinishedSchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new RunnerError('UPGRADE_REFUSED', `${path}, of an upgrade that was killed, is damaged`, {
      cause: thrown,
      remedy:
        'Let the link hybrid-runner beside it lead to the release that you want to keep, restart the service, then delete the file.',
    });
  }
}
