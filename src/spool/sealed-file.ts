import { crc32 } from 'node:zlib';
import { replaceFile } from '../../foundation/src/runtime/atomic-write.ts';
import { isErrno } from '../../foundation/src/runtime/errno.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';

/** Replaces a small file and adds a checksum. After a crash it holds the old text or the new. */
export async function writeSealed(
  disk: Disk,
  directory: string,
  name: string,
  text: string,
): Promise<void> {
  await replaceFile(disk, `${directory}/${name}`, `${seal(text)} ${text}\n`);
}

/**
 * The text that `writeSealed` wrote. Undefined if the file does not exist, `damaged` if its
 * checksum does not match.
 */
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

/** The content of a file; undefined if it does not exist. */
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

function seal(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
