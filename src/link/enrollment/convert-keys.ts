import { replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import { type Disk, removeFile } from '../../../foundation/src/runtime/disk.ts';
import { converted, type SealTarget } from '../../sealing/convert.ts';
import type { Seal } from '../../sealing/seal.ts';
import { keyPaths } from './key-files.ts';
import { readPrivateBytes } from './private-file.ts';

/**
 * Seals or unseals the private keys of the identity, one file after the other, each as a whole: a
 * process that ends in between leaves every key readable, and the next call does the rest. The
 * state directory must be locked. Returns the paths of the files that it has changed. Throws
 * FILE_UNSAFE, FILE_UNREADABLE and what `seal` throws.
 */
export async function convertIdentity(
  stateDir: string,
  { seal, target, disk }: { readonly seal: Seal; readonly target: SealTarget; readonly disk: Disk },
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const path of Object.values(keyPaths(stateDir))) {
    // Of a process that was killed while it wrote; it would stay in the open.
    await removeFile(disk, `${path}.new`);
    const stored = await readPrivateBytes(path);
    const bytes = stored && (await converted(stored, path, seal, target));
    if (bytes === undefined) continue;
    await replaceFile(disk, path, bytes);
    changed.push(path);
  }
  return changed;
}
