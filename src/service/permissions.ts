import { chmod, chown, lchown, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Owner } from './user.ts';

const OTHERS_MAY_READ = 0o004;
const OTHERS_MAY_SEARCH = 0o001;

export interface Places {
  /** Directories that a service cannot see. */
  readonly hidden: readonly string[];
  /** Directories that the service's user will own. */
  readonly owned: readonly string[];
}

/**
 * Makes a user the owner of the path and of everything below it. Never follows symbolic links: the
 * directory may already belong to another user.
 */
export async function changeOwner(path: string, owner: Owner): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  await lchown(path, owner.uid, owner.gid);
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await changeOwner(join(path, name), owner);
}

/** Root owns the path, the group can read it, and no one else can. */
export async function makeGroupReadable(path: string, group: number): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || found.isSymbolicLink()) return;
  await chown(path, 0, group);
  await chmod(path, found.isDirectory() ? 0o750 : 0o640);
}

/**
 * Throws FILE_UNREADABLE when the service's user cannot reach this file: the service does not see
 * its directory, or a directory on the way is closed to that user. A missing file is skipped.
 */
export async function assertReachable(path: string, { hidden, owned }: Places): Promise<void> {
  const unseen = hidden.find((directory) => isWithin(path, directory));
  if (unseen !== undefined) throw unreachable(path, `${unseen} is hidden from a service`);
  for (
    let directory = dirname(path);
    directory !== dirname(directory);
    directory = dirname(directory)
  ) {
    if (owned.some((own) => isWithin(directory, own))) continue;
    const found = await stat(directory).catch(() => undefined);
    if (found !== undefined && (found.mode & OTHERS_MAY_SEARCH) === 0)
      throw unreachable(path, `only the owner of ${directory} has access to it`);
  }
}

/**
 * Like `assertReachable`, for a file whose permissions stay unchanged: others must be able to read
 * it.
 */
export async function assertReadable(path: string, places: Places): Promise<void> {
  await assertReachable(path, places);
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && (found.mode & OTHERS_MAY_READ) === 0)
    throw unreachable(path, 'only its owner has permission to read it');
}

function unreachable(path: string, reason: string): RunnerError {
  return new RunnerError('FILE_UNREADABLE', `the service's user cannot read ${path}: ${reason}`, {
    remedy:
      'Move it to a directory such as /etc/hybrid-runner that every user can access, or open the directory (chmod o+x).',
  });
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
