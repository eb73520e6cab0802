import { chmod, chown, lchown, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Owner } from './user.ts';

const OTHERS_MAY_READ = 0o004;
const OTHERS_MAY_SEARCH = 0o001;
/** ProtectHome= and PrivateTmp= of the unit hide these. */
const HIDDEN = ['/home', '/root', '/run/user', '/tmp', '/var/tmp'];

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
 * Throws FILE_UNREADABLE when the service's user cannot reach this file: the unit hides its
 * directory, or a directory on the way is closed to that user. The user will own the directories of
 * `owned`; a missing file is skipped.
 */
export async function assertReachable(path: string, owned: readonly string[]): Promise<void> {
  const hidden = HIDDEN.find((directory) => isWithin(path, directory));
  if (hidden !== undefined) throw unreachable(path, `the unit hides ${hidden} from the service`);
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
export async function assertReadable(path: string, owned: readonly string[]): Promise<void> {
  await assertReachable(path, owned);
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
