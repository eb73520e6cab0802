import type { Disk, DiskFile } from '../../foundation/src/runtime/disk.ts';
import type { Tail } from './tail.ts';

/**
 * Appends complete lines, over what a crash left of an incomplete one. When this throws, the file
 * ends as before, or with a rest that the next writer reports.
 */
export async function appendLines(
  disk: Disk,
  { path, size, tornBytes }: Tail,
  lines: Buffer,
): Promise<void> {
  const file = await disk.open(path, 'write');
  try {
    const torn = tornBytes === 0 ? undefined : await file.read(size, tornBytes);
    try {
      await file.write(lines, size);
      if (tornBytes > lines.byteLength) await file.truncate(size + lines.byteLength);
      await file.sync();
    } catch (thrown) {
      await restore(file, size, torn);
      throw thrown;
    }
  } finally {
    await file.close();
  }
}

/** The rest stays, because no line has reported it yet. What cannot be restored is a rest too. */
async function restore(file: DiskFile, size: number, torn: Buffer | undefined): Promise<void> {
  try {
    if (torn !== undefined) await file.write(torn, size);
    await file.truncate(size + (torn?.byteLength ?? 0));
    await file.sync();
  } catch {
    // The disk has failed; the caller reports it.
  }
}
