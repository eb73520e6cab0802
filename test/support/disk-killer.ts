import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';

export class Killed extends Error {}

/** Counts down to a kill at a change of the disk, or at any other step. */
export class DiskKiller {
  left: number;
  constructor(left: number) {
    this.left = left;
  }

  readonly step = (): void => {
    this.left -= 1;
    if (this.left < 0) throw new Killed();
  };

  disk(): Disk {
    return {
      ...nodeDisk,
      open: async (path, mode) => {
        if (mode === 'create' || mode === 'createSynced') this.step();
        return nodeDisk.open(path, mode);
      },
      rename: async (from, to) => {
        this.step();
        await nodeDisk.rename(from, to);
      },
      unlink: async (path) => {
        this.step();
        await nodeDisk.unlink(path);
      },
      syncDirectory: async (path) => {
        this.step();
        await nodeDisk.syncDirectory(path);
      },
    };
  }
}
