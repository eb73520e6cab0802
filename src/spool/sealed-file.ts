import { crc32 } from 'node:zlib';
import { replaceFile } from '../../foundation/src/runtime/atomic-write.ts';
import { type Disk, readIfPresent } from '../../foundation/src/runtime/disk.ts';

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
  const bytes = await readIfPresent(disk, `${directory}/${name}`);
  if (bytes === undefined) return undefined;
  const match = /^(?<crc>[0-9a-f]{8}) (?<text>.*)\n$/.exec(bytes.toString());
  const text = match?.groups?.['text'];
  return text !== undefined && seal(text) === match?.groups?.['crc'] ? { text } : 'damaged';
}

function seal(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
