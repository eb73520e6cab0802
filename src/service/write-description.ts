import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../../foundation/src/runtime/atomic-write.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';

/** Everybody may read the description of a service. */
export async function writeDescription(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(nodeDisk, path, text, {
    beforeRename: (temporary) => chmod(temporary, 0o644),
  });
}
