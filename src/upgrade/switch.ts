import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { renameDurably, replaceFile } from '../../foundation/src/runtime/atomic-write.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { isMissing } from '../../foundation/src/runtime/errno.ts';

/** Names the release to go back to, from before the switch until the new one has proven itself. */
const MARKER = '.hybrid-runner-upgrade';

/** Lets the link lead to another directory beside it; at any moment it leads to one of the two. */
export async function pointTo(link: string, name: string, disk: Disk): Promise<void> {
  const temporary = `${link}.new`;
  await rm(temporary, { force: true });
  await symlink(name, temporary);
  await renameDurably(disk, temporary, link);
}

export async function markUpgrade(parent: string, from: string, disk: Disk): Promise<void> {
  await replaceFile(disk, join(parent, MARKER), from);
}

export async function endUpgrade(parent: string): Promise<void> {
  await rm(join(parent, MARKER), { force: true });
}

/** The release to go back to after an upgrade that was killed; undefined if none was. */
export async function unfinishedUpgrade(parent: string): Promise<string | undefined> {
  try {
    const name = await readFile(join(parent, MARKER), 'utf8');
    return /^hybrid-runner-[\w.-]+$/.test(name) ? name : undefined;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}
