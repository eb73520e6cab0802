/** Files of the simulated disk, with what a crash may take from them. */

import type { DiskFile } from '../../foundation/src/runtime/disk.ts';

const SECTOR = 512;

/** A change to a file since its last sync. */
type Change =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly size: number };

export interface Inode {
  durable: Buffer;
  current: Buffer;
  changes: Change[];
}

export type Names = Map<string, Inode>;

/** A directory tree. */
export interface Tree {
  readonly names: Names;
  readonly directories: Set<string>;
}

export function copyOf({ names, directories }: Tree): Tree {
  return { names: new Map(names), directories: new Set(directories) };
}

export function change(inode: Inode, made: Change): void {
  inode.current = applied(inode.current, made);
  inode.changes.push(made);
}

/** A crash: of the sectors written since the last sync, a random part is kept. */
export function forgetUnsynced(inode: Inode, fraction: () => number): void {
  let bytes = inode.durable;
  for (const change of inode.changes) {
    if (change.kind === 'truncate') {
      if (fraction() < 0.5) bytes = applied(bytes, change);
      continue;
    }
    for (let from = 0; from < change.bytes.length; from += SECTOR) {
      if (fraction() < 0.5)
        bytes = applied(bytes, {
          kind: 'write',
          at: change.at + from,
          bytes: change.bytes.subarray(from, from + SECTOR),
        });
    }
  }
  inode.durable = Buffer.from(bytes);
  inode.current = Buffer.from(bytes);
  inode.changes = [];
}

/** Syncs after each write, so that a crash can come between the two. */
export function synced(file: DiskFile): DiskFile {
  const write: DiskFile['write'] = async (bytes, position) => {
    await file.write(bytes, position);
    await file.sync();
  };
  return { ...file, write };
}

function applied(bytes: Buffer, change: Change): Buffer {
  const size =
    change.kind === 'truncate'
      ? change.size
      : Math.max(bytes.length, change.at + change.bytes.length);
  const result = Buffer.alloc(size);
  bytes.copy(result, 0, 0, Math.min(bytes.length, size));
  if (change.kind === 'write') change.bytes.copy(result, change.at);
  return result;
}
