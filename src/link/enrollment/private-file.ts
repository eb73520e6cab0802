import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { ifPresent } from '../../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import {
  assertRegularFile,
  assertSafe,
  OPEN_TO_OTHERS,
} from '../../../foundation/src/runtime/safe-file.ts';

/**
 * Reads a file that only its owner can read; follows no symbolic link. Undefined when the file does
 * not exist. Throws FILE_UNSAFE, FILE_UNREADABLE.
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  return (await readPrivateBytes(path))?.toString('utf8');
}

/** Throws as `readPrivateFile` does. */
export async function readPrivateBytes(path: string): Promise<Buffer | undefined> {
  await using file = await openIfPresent(path);
  if (file === undefined) return undefined;
  const stats = await file.stat();
  assertRegularFile(path, stats);
  assertSafe(path, stats, OPEN_TO_OTHERS, 'self');
  return await file.readFile();
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await ifPresent(open(path, constants.O_RDONLY | constants.O_NOFOLLOW));
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `failed to read ${path}`, { cause: thrown });
  }
}
