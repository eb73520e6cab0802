import { constants, type Stats } from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMissing } from './errno.ts';
import { RunnerError } from './errors.ts';
import { assertRegularFile, assertSafe, OPEN_TO_OTHERS, WRITABLE_BY_OTHERS } from './safe-file.ts';

export interface TrustedFileOptions {
  /** `trusted`: nobody but its owner may change it. `private`: nor read it. */
  readonly kind: 'trusted' | 'private';
  readonly maxBytes: number;
}

const READABLE_BY_GROUP = 0o040;
const STICKY = 0o1000;

/**
 * Reads a file whose contents this program acts on; undefined when there is none. Its owner must be this user or
 * root, and neither the file nor any directory on the way to it, as named and with links followed, may be changed by others. Throws FILE_UNSAFE and FILE_UNREADABLE.
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
  // Where it is named and where it really lies: whoever can change a directory on either way decides what is read.
  for (const directory of new Set([...directoriesOf(path), ...directoriesOf(await realpath(path))]))
    await assertSafeDirectory(directory);
  return file.readFile();
}

/** Root may hand a file to a service by its group, as systemd and Kubernetes do; whoever is not root may not. */
function openToOthers({ uid }: Stats): number {
  return uid === 0 && process.getuid?.() !== 0
    ? OPEN_TO_OTHERS & ~READABLE_BY_GROUP
    : OPEN_TO_OTHERS;
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw new RunnerError('FILE_UNREADABLE', `${path} could not be opened`, { cause: thrown });
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
