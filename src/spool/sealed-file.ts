import { crc32 } from 'node:zlib';
import { isErrno } from '../runtime/errno.ts';
import { type Disk } from '../runtime/disk.ts';

/** Replaces a small file as a whole: after a crash it holds the old text or the new, never a mixture. */
export async function writeSealed(
  disk: Disk,
  directory: string,
  name: string,
  text: string,
): Promise<void> {
  const temporary = `${directory}/${name}.new`;
  await removeFile(disk, temporary);
  const file = await disk.open(temporary, 'create');
  try {
    await file.write(Buffer.from(`${seal(text)} ${text}\n`), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, `${directory}/${name}`);
  await disk.syncDirectory(directory);
}

/** What `writeSealed` wrote; undefined when there is no such file, `damaged` when its checksum does not hold. */
export async function readSealed(
  disk: Disk,
  directory: string,
  name: string,
): Promise<{ text: string } | 'damaged' | undefined> {
  const bytes = await readWhole(disk, `${directory}/${name}`);
  if (bytes === undefined) return undefined;
  const match = /^(?<crc>[0-9a-f]{8}) (?<text>.*)\n$/.exec(bytes.toString());
  const text = match?.groups?.['text'];
  return text !== undefined && seal(text) === match?.groups?.['crc'] ? { text } : 'damaged';
}

/** The file's bytes; undefined when there is no such file. */
export async function readWhole(disk: Disk, path: string): Promise<Buffer | undefined> {
  try {
    const file = await disk.open(path, 'read');
    try {
      return await file.read(0, await file.size());
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

/** Deletes a file that may not be there. */
export async function removeFile(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (thrown) {
    if (!isErrno(thrown, 'ENOENT')) throw thrown;
  }
}

function seal(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
