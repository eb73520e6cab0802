import { dirname } from 'node:path/posix';
import type { Disk, DiskFile, OpenMode } from '../../foundation/src/runtime/disk.ts';
import {
  change,
  copyOf,
  forgetUnsynced,
  synced,
  type Inode,
  type Names,
  type Tree,
} from './simulated-files.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

/**
 * A disk in memory that loses data as a real one does. After a crash, any subset of the unsynced
 * sectors is kept, and name changes since the last sync of the directory are kept up to some point
 * in time. The disk is full at `capacity` bytes, even in the middle of a write. `failNext` makes
 * one later operation fail.
 */
export class SimulatedDisk implements Disk {
  readonly #fraction: () => number;
  #tree: Tree = { names: new Map(), directories: new Set() };
  #durableTree: Tree = { names: new Map(), directories: new Set() };
  #treeChanges: { readonly directory: string; readonly apply: (tree: Tree) => void }[] = [];
  #epoch = 0;
  #failure: { readonly operation: 'write' | 'sync'; readonly code: string } | undefined;
  capacity = Number.POSITIVE_INFINITY;
  syncs = 0;

  constructor(fraction: () => number) {
    this.#fraction = fraction;
  }

  failNext(operation: 'write' | 'sync', code: string): void {
    this.#failure = { operation, code };
  }

  /** Cancels `failNext`. */
  heal(): void {
    this.#failure = undefined;
  }

  /** A power cut. Files opened before it can no longer be used. */
  crash(): void {
    this.#epoch += 1;
    const kept = Math.floor(this.#fraction() * (this.#treeChanges.length + 1));
    for (const change of this.#treeChanges.slice(0, kept)) change.apply(this.#durableTree);
    this.#treeChanges = [];
    this.#tree = copyOf(this.#durableTree);
    for (const path of this.#names.keys())
      if (!this.#tree.directories.has(dirname(path))) this.#names.delete(path);
    for (const inode of new Set(this.#names.values())) forgetUnsynced(inode, this.#fraction);
  }

  /** A copy of the disk as programs see it, all of it durable. */
  clone(): SimulatedDisk {
    const clone = new SimulatedDisk(this.#fraction);
    const names: Names = new Map(
      [...this.#names].map(([path, { current }]) => [
        path,
        { durable: Buffer.from(current), current: Buffer.from(current), changes: [] },
      ]),
    );
    clone.#tree = { names, directories: new Set(this.#tree.directories) };
    clone.#durableTree = copyOf(clone.#tree);
    return clone;
  }

  /** All programs are killed. Everything written is kept, but is no more durable than before. */
  killPrograms(): void {
    this.#epoch += 1;
  }

  /** The disk as seen by a program that ends with the next crash or kill. */
  untilCrash(): Disk {
    const epoch = this.#epoch;
    const alive = async <T>(operation: () => Promise<T>): Promise<T> => {
      if (epoch !== this.#epoch) throw systemError('EIO');
      return await operation();
    };
    return {
      open: (path, mode) => alive(() => this.open(path, mode)),
      rename: (from, to) => alive(() => this.rename(from, to)),
      unlink: (path) => alive(() => this.unlink(path)),
      list: (path) => alive(() => this.list(path)),
      makeDirectory: (path) => alive(() => this.makeDirectory(path)),
      removeDirectory: (path) => alive(() => this.removeDirectory(path)),
      syncDirectory: (path) => alive(() => this.syncDirectory(path)),
      free: () => alive(() => this.free()),
    };
  }

  /** Flips a bit of a file, as a failing disk would. */
  damage(path: string, position: number): void {
    const inode = this.#inode(path);
    inode.current[position] = inode.current[position]! ^ 1;
    inode.durable[position] = inode.durable[position]! ^ 1;
  }

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.#operate(() => {
      if (mode === 'create' || mode === 'createSynced') {
        if (this.#names.has(path)) throw systemError('EEXIST');
        const inode: Inode = { durable: Buffer.alloc(0), current: Buffer.alloc(0), changes: [] };
        this.#alter(path, ({ names }) => names.set(path, inode));
      }
      const file = this.#file(this.#inode(path));
      return mode === 'createSynced' ? synced(file) : file;
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operate(() => {
      const inode = this.#inode(from);
      this.#alter(to, ({ names }) => {
        names.delete(from);
        names.set(to, inode);
      });
    });
  }

  unlink(path: string): Promise<void> {
    return this.#operate(() => {
      this.#inode(path);
      this.#alter(path, ({ names }) => names.delete(path));
    });
  }

  list(directory: string): Promise<string[]> {
    return this.#operate(() => this.#list(directory));
  }

  /** Also creates the parents. A directory in the root is durable at once, like a mounted disk. */
  makeDirectory(path: string): Promise<void> {
    return this.#operate(() => {
      for (const made of [...above(path), path]) {
        if (this.#tree.directories.has(made)) continue;
        this.#alter(made, ({ directories }) => directories.add(made));
        if (dirname(made) === '/') this.#durableTree.directories.add(made);
      }
    });
  }

  removeDirectory(path: string): Promise<void> {
    return this.#operate(() => {
      if (this.#list(path).length > 0) throw systemError('ENOTEMPTY');
      this.#alter(path, ({ directories }) => directories.delete(path));
    });
  }

  syncDirectory(path: string): Promise<void> {
    return this.#operate(() => {
      if (!this.#tree.directories.has(path)) throw systemError('ENOENT');
      for (const change of this.#treeChanges)
        if (change.directory === path) change.apply(this.#durableTree);
      this.#treeChanges = this.#treeChanges.filter((change) => change.directory !== path);
    });
  }

  free(): Promise<number> {
    return this.#operate(() => Math.max(0, this.capacity - this.used));
  }

  get #names(): Names {
    return this.#tree.names;
  }

  #list(directory: string): string[] {
    if (!this.#tree.directories.has(directory)) throw systemError('ENOENT');
    const inside = [...this.#names.keys(), ...this.#tree.directories].filter(
      (path) => dirname(path) === directory && path !== directory,
    );
    return inside.map((path) => path.slice(directory.length + 1));
  }

  #file(inode: Inode): DiskFile {
    const epoch = this.#epoch;
    const operate = <T>(act: () => T): Promise<T> => this.#operate(act, epoch);
    return {
      write: (bytes, position) =>
        operate(() => {
          const room = Math.max(0, this.capacity - this.used + inode.current.length - position);
          const fits = Math.min(bytes.byteLength, room);
          change(inode, {
            kind: 'write',
            at: position,
            bytes: Buffer.from(bytes.subarray(0, fits)),
          });
          if (fits < bytes.byteLength) throw systemError('ENOSPC');
          this.#maybeFail('write');
        }),
      read: (position, length) =>
        operate(() => Buffer.from(inode.current.subarray(position, position + length))),
      size: () => operate(() => inode.current.length),
      truncate: (size) => operate(() => change(inode, { kind: 'truncate', size })),
      sync: () =>
        operate(() => {
          this.#maybeFail('sync');
          this.syncs += 1;
          inode.durable = Buffer.from(inode.current);
          inode.changes = [];
        }),
      close: () => Promise.resolve(),
    };
  }

  /** Each operation yields once, so that a crash can happen before it, and is then atomic. */
  async #operate<T>(act: () => T, epoch = this.#epoch): Promise<T> {
    await Promise.resolve();
    if (epoch !== this.#epoch) throw systemError('EIO');
    return act();
  }

  #maybeFail(operation: 'write' | 'sync'): void {
    if (this.#failure?.operation !== operation) return;
    const { code } = this.#failure;
    this.#failure = undefined;
    throw systemError(code);
  }

  /** Bytes in all files. */
  get used(): number {
    return [...this.#names.values()].reduce((sum, inode) => sum + inode.current.length, 0);
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError('ENOENT');
    return inode;
  }

  #alter(path: string, apply: (tree: Tree) => void): void {
    apply(this.#tree);
    this.#treeChanges.push({ directory: dirname(path), apply });
  }
}

/** The parent directories of a path without the root, outermost first. */
function above(path: string): string[] {
  const parent = dirname(path);
  return parent === '/' || parent === '.' ? [] : [...above(parent), parent];
}
