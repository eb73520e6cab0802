import { constants } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RunnerError } from '../../runtime/errors.ts';

const PRIVATE = 0o600;
const OTHERS = 0o077;

/**
 * Reads a file that only its owner may read. Checks the open file, not the name, so that it cannot be swapped in
 * between. Throws FILE_UNSAFE, FILE_UNREADABLE; undefined when there is no such file.
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return undefined;
    throw new RunnerError('FILE_UNREADABLE', `${path} cannot be read`, { cause: thrown });
  }
  try {
    assertPrivate(path, await file.stat());
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Throws FILE_UNSAFE when others than the owner may read or change it, or the owner is someone else. POSIX only. */
export function assertPrivate(
  path: string,
  stat: { readonly mode: number; readonly uid: number; isFile(): boolean },
): void {
  if (!stat.isFile()) throw new RunnerError('FILE_UNSAFE', `${path} is not a regular file`);
  if (process.getuid === undefined) return;
  if ((stat.mode & OTHERS) !== 0)
    throw new RunnerError(
      'FILE_UNSAFE',
      `${path} has mode ${(stat.mode & 0o777).toString(8)}; others can read or change it`,
    );
  if (stat.uid !== process.getuid())
    throw new RunnerError(
      'FILE_UNSAFE',
      `${path} belongs to user ${stat.uid}, not to the user this runs as`,
    );
}

/** Writes a new file with mode 0600 and brings it to the disk. Throws when the name is taken. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', PRIVATE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Renames, and brings the renaming to the disk. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  if (process.platform === 'win32') return;
  const directory = await open(dirname(to), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}
