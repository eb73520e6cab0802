import { chmod, chown, lchown, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunnerError } from '../runtime/errors.ts';
import type { Owner } from './user.ts';

const OTHERS_MAY_READ = 0o004;
const OTHERS_MAY_SEARCH = 0o001;
/** ProtectHome= and PrivateTmp= of the unit hide these. */
const HIDDEN = ['/home', '/root', '/run/user', '/tmp', '/var/tmp'];

/** Gives the path, and everything below it, to a user. Symbolic links are changed themselves, never followed: the directory may already belong to someone else. */
export async function giveAll(path: string, owner: Owner): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  await lchown(path, owner.uid, owner.gid);
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await giveAll(join(path, name), owner);
}

/** Root keeps it; the group may read it, and nobody else. */
export async function letRead(path: string, group: number): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || found.isSymbolicLink()) return;
  await chown(path, 0, group);
  await chmod(path, found.isDirectory() ? 0o750 : 0o640);
}

/**
 * Throws FILE_UNREADABLE when a service's user could not get to this file: it lies where the unit hides directories, or below
 * a directory that only others may enter. Directories of `given` will be handed to that user; a missing file is passed over.
 */
export async function assertReachable(path: string, given: readonly string[]): Promise<void> {
  const hidden = HIDDEN.find((directory) => isWithin(path, directory));
  if (hidden !== undefined) throw unreachable(path, `a service sees nothing of ${hidden}`);
  for (
    let directory = dirname(path);
    directory !== dirname(directory);
    directory = dirname(directory)
  ) {
    if (given.some((own) => isWithin(directory, own))) continue;
    const found = await stat(directory).catch(() => undefined);
    if (found !== undefined && (found.mode & OTHERS_MAY_SEARCH) === 0)
      throw unreachable(path, `only its owner may enter ${directory}`);
  }
}

/** As `assertReachable`, for a file whose permissions stay as they are: others must be able to read it. */
export async function assertReadable(path: string, given: readonly string[]): Promise<void> {
  await assertReachable(path, given);
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && (found.mode & OTHERS_MAY_READ) === 0)
    throw unreachable(path, 'only its owner may read it');
}

function unreachable(path: string, reason: string): RunnerError {
  return new RunnerError('FILE_UNREADABLE', `the service's user cannot read ${path}: ${reason}`, {
    remedy:
      'Move it to a directory of the system, such as /etc/hybrid-runner, that everybody may enter, or open the directory (chmod o+x).',
  });
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
