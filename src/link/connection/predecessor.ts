import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../runtime/atomic-write.ts';
import { isErrno } from '../../runtime/errno.ts';
import { nodeDisk } from '../../runtime/node-disk.ts';

const FILE = 'place';
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * The process that used a state directory before this one: it may still be at work at the attempts found there when the
 * directory was copied with its machine.
 */
export interface Predecessor {
  readonly hasEnded: boolean;
  /** Call it once the control plane has accepted this process as the one that holds the attempts. */
  succeed(): Promise<void>;
}

/**
 * The caller holds the lock of the directory. That proves the end of the process before for the same directory on the same
 * boot of the same machine; a copied directory, or one found after a reboot, proves nothing, nor does any where the system
 * has no boot id.
 */
export async function findPredecessor(
  stateDir: string,
  bootIdFile = BOOT_ID,
): Promise<Predecessor> {
  const place = await placeOf(stateDir, bootIdFile);
  if (place === undefined) return { hasEnded: false, succeed: () => Promise.resolve() };
  const file = join(stateDir, FILE);
  const hasEnded = (await readIfPresent(file)) === place;
  return {
    hasEnded,
    succeed: async () => {
      if (!hasEnded) await replaceFile(nodeDisk, file, place);
    },
  };
}

async function placeOf(stateDir: string, bootIdFile: string): Promise<string | undefined> {
  const boot = await readIfPresent(bootIdFile);
  if (boot === undefined) return undefined;
  const { dev, ino } = await stat(stateDir, { bigint: true });
  return `${boot.trim()} ${dev} ${ino}\n`;
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}
