/*
 * Replacing a file so that a crash, of the process or of the machine, leaves the old content or the
 * new, never a part of either. What must never break: the new content is durable before it takes
 * the old name, and the rename is durable before `replaceFile` resolves.
 */
import { dirname } from 'node:path';
import { type Disk, removeFile } from './disk.ts';

export interface ReplaceOptions {
  /**
   * Path of the temporary file, in the same directory. Writers that may run at the same time need
   * different ones.
   */
  readonly temporary?: string;
  /**
   * Called with the path of the temporary file once its content is durable, before it takes the old
   * name.
   */
  readonly beforeRename?: (temporary: string) => Promise<void>;
}

/**
 * Writes or replaces a file, for its owner alone. When this throws, the file has the old content or
 * the new.
 */
export async function replaceFile(
  disk: Disk,
  path: string,
  content: string | Uint8Array,
  { temporary = `${path}.new`, beforeRename }: ReplaceOptions = {},
): Promise<void> {
  await removeFile(disk, temporary);
  try {
    await createDurably(disk, temporary, content);
    await beforeRename?.(temporary);
    await renameDurably(disk, temporary, path);
  } catch (thrown) {
    await removeFile(disk, temporary).catch(() => undefined);
    throw thrown;
  }
}

/**
 * Writes a new file, for its owner alone. Throws EEXIST if the path exists. Its name is durable
 * once its directory is synced.
 */
export async function createDurably(
  disk: Disk,
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  const file = await disk.open(path, 'create');
  try {
    await file.write(typeof content === 'string' ? Buffer.from(content) : content, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Renames a file, replacing what has the new name; durable when this resolves. */
export async function renameDurably(disk: Disk, from: string, to: string): Promise<void> {
  await disk.rename(from, to);
  await disk.syncDirectory(dirname(to));
}
