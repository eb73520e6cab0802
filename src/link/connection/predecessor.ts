import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import { ifPresent } from '../../../foundation/src/runtime/errno.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';

const FILE = 'place';
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * The process that used the state directory before this one. If the directory was copied with its
 * machine, that process may still work on the attempts in it.
 */
export interface Predecessor {
  readonly hasEnded: boolean;
  /**
   * Call whenever the control plane has accepted this process as the holder of the attempts. Never
   * fails: on a full disk the session must start, since delivery is what frees space. Without the
   * record, a restart waits for a lease.
   */
  succeed(): Promise<void>;
}

/**
 * Finds out whether the predecessor has certainly ended. The caller holds the lock of the
 * directory, which proves it for the same directory on the same boot of the same machine. It proves
 * nothing for a copied directory, after a reboot, or where the system has no boot id.
 */
export async function findPredecessor(
  stateDir: string,
  bootIdFile = BOOT_ID,
): Promise<Predecessor> {
  const place = await placeOf(stateDir, bootIdFile);
  if (place === undefined) return { hasEnded: false, succeed: () => Promise.resolve() };
  const file = join(stateDir, FILE);
  const hasEnded = (await ifPresent(readFile(file, 'utf8'))) === place;
  let isRecorded = hasEnded;
  return {
    hasEnded,
    succeed: async () => {
      if (isRecorded) return;
      isRecorded = await replaceFile(nodeDisk, file, place).then(
        () => true,
        () => false,
      );
    },
  };
}

/**
 * Whether the state directory is certainly another one than that in which a control plane last
 * accepted a process: a copy has another inode. False if nothing was recorded.
 */
export async function wasCopied(stateDir: string): Promise<boolean> {
  const recorded = (await ifPresent(readFile(join(stateDir, FILE), 'utf8')))
    ?.trim()
    .split(' ')
    .at(-1);
  if (recorded === undefined) return false;
  return recorded !== String((await stat(stateDir, { bigint: true })).ino);
}

async function placeOf(stateDir: string, bootIdFile: string): Promise<string | undefined> {
  const boot = await ifPresent(readFile(bootIdFile, 'utf8'));
  if (boot === undefined) return undefined;
  const { dev, ino } = await stat(stateDir, { bigint: true });
  return `${boot.trim()} ${dev} ${ino}\n`;
}
