import { constants, type Stats } from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ifPresent } from './errno.ts';
import { RunnerError } from './errors.ts';
import { assertRegularFile, assertSafe, OPEN_TO_OTHERS, WRITABLE_BY_OTHERS } from './safe-file.ts';

export interface TrustedFileOptions {
  /** `trusted`: only the owner can change it. `private`: only the owner can read it. */
  readonly kind: 'trusted' | 'private';
  readonly maxBytes: number;
}

const READABLE_BY_GROUP = 0o040;
const STICKY = 0o1000;

/**
 * Reads a file that the program relies on; undefined if it does not exist. Its owner must be this
 * user or root, and others must not be able to change the file or any directory of its path, as
 * named and with links followed. Throws FILE_UNSAFE and FILE_UNREADABLE.
 */
export async function readTrustedFile(
  path: string,
  options: TrustedFileOptions,
): Promise<Buffer | undefined> {
  await using file = await openIfPresent(path);
  if (file === undefined) return undefined;
  const stats = await file.stat();
  assertRegularFile(path, stats);
  if (stats.size > options.maxBytes)
    throw new RunnerError('FILE_UNREADABLE', `${path} is larger than ${options.maxBytes} bytes`);
  assertSafe(path, stats, options.kind === 'private' ? openToOthers(stats) : WRITABLE_BY_OTHERS);
  await assertSafeDirectories(path);
  return file.readFile();
}

/**
 * Throws FILE_UNSAFE if others can change a directory of the path, as named or with links followed:
 * they would decide what is read, or run.
 */
export async function assertSafeDirectories(path: string): Promise<void> {
  for (const directory of new Set([...directoriesOf(path), ...directoriesOf(await realpath(path))]))
    await assertSafeDirectory(directory);
}

/** Root may give a service access through the group of the file, as systemd and Kubernetes do. */
function openToOthers({ uid }: Stats): number {
  return uid === 0 && process.getuid?.() !== 0
    ? OPEN_TO_OTHERS & ~READABLE_BY_GROUP
    : OPEN_TO_OTHERS;
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await ifPresent(open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `failed to open ${path}`, { cause: thrown });
  }
}

function directoriesOf(path: string): string[] {
  const directory = dirname(resolve(path));
  return directory === dirname(directory) ? [directory] : [directory, ...directoriesOf(directory)];
}

async function assertSafeDirectory(path: string): Promise<void> {
  const stats = await stat(path);
  assertSafe(path, stats, (stats.mode & STICKY) === 0 ? WRITABLE_BY_OTHERS : 0);
}
