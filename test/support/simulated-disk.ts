import { dirname } from 'node:path/posix';
import type { Disk, DiskFile, OpenMode } from '../../src/spool/disk.ts';

const SECTOR = 512;

/** What was done to a file's bytes since they were last synced. */
type Change = { readonly kind: 'write'; readonly at: number; readonly bytes: Buffer } | { readonly kind: 'truncate'; readonly size: number };

interface Inode {
  durable: Buffer;
  current: Buffer;
  changes: Change[];
}

type Names = Map<string, Inode>;

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

/**
 * A disk in memory that forgets as a real one does: at a crash, of the bytes not synced any sectors may be there and
 * any not, and names made or removed since the directory was last synced are there up to some point in time. It runs
 * full at `capacity` bytes, in the middle of a write; `failNext` makes one coming operation fail.
 */
export class SimulatedDisk implements Disk {
  readonly #fraction: () => number;
  readonly #directories = new Set<string>();
  #names: Names = new Map();
  #durableNames: Names = new Map();
  #nameChanges: { readonly directory: string; readonly apply: (names: Names) => void }[] = [];
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

  /** Power goes and comes back. Files open before it are dead. */
  crash(): void {
    this.#epoch += 1;
    const kept = Math.floor(this.#fraction() * (this.#nameChanges.length + 1));
    for (const change of this.#nameChanges.slice(0, kept)) change.apply(this.#durableNames);
    this.#nameChanges = [];
    this.#names = new Map(this.#durableNames);
    for (const inode of new Set(this.#names.values())) this.#forget(inode);
  }

  /** The program dies and the machine lives: everything written is there, but no safer than it was. */
  killPrograms(): void {
    this.#epoch += 1;
  }

  /** The disk as a program sees it that dies with the next crash or kill. */
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

  /** Flips one bit of a file, as a bad disk would. */
  damage(path: string, position: number): void {
    const inode = this.#inode(path);
    inode.current[position] = inode.current[position]! ^ 1;
    inode.durable[position] = inode.durable[position]! ^ 1;
  }

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.#operate(() => {
      if (mode === 'create') {
        if (this.#names.has(path)) throw systemError('EEXIST');
        const inode: Inode = { durable: Buffer.alloc(0), current: Buffer.alloc(0), changes: [] };
        this.#rename(path, (names) => names.set(path, inode));
      }
      return this.#file(this.#inode(path));
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operate(() => {
      const inode = this.#inode(from);
      this.#rename(to, (names) => {
        names.delete(from);
        names.set(to, inode);
      });
    });
  }

  unlink(path: string): Promise<void> {
    return this.#operate(() => {
      this.#inode(path);
      this.#rename(path, (names) => names.delete(path));
    });
  }

  list(directory: string): Promise<string[]> {
    return this.#operate(() => {
      if (!this.#directories.has(directory)) throw systemError('ENOENT');
      return [...this.#names.keys()].filter((path) => dirname(path) === directory).map((path) => path.slice(directory.length + 1));
    });
  }

  makeDirectory(path: string): Promise<void> {
    return this.#operate(() => void this.#directories.add(path));
  }

  async removeDirectory(path: string): Promise<void> {
    if ((await this.list(path)).length > 0) throw systemError('ENOTEMPTY');
    await this.#operate(() => void this.#directories.delete(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#operate(() => {
      for (const change of this.#nameChanges) if (change.directory === path) change.apply(this.#durableNames);
      this.#nameChanges = this.#nameChanges.filter((change) => change.directory !== path);
    });
  }

  free(): Promise<number> {
    return this.#operate(() => Math.max(0, this.capacity - this.used));
  }

  #file(inode: Inode): DiskFile {
    const epoch = this.#epoch;
    const operate = <T>(act: () => T): Promise<T> => this.#operate(act, epoch);
    return {
      write: (bytes, position) => operate(() => {
        const room = Math.max(0, this.capacity - this.used + inode.current.length - position);
        const fits = Math.min(bytes.byteLength, room);
        this.#change(inode, { kind: 'write', at: position, bytes: Buffer.from(bytes.subarray(0, fits)) });
        if (fits < bytes.byteLength) throw systemError('ENOSPC');
        this.#maybeFail('write');
      }),
      read: (position, length) => operate(() => Buffer.from(inode.current.subarray(position, position + length))),
      size: () => operate(() => inode.current.length),
      truncate: (size) => operate(() => this.#change(inode, { kind: 'truncate', size })),
      sync: () => operate(() => {
        this.#maybeFail('sync');
        this.syncs += 1;
        inode.durable = Buffer.from(inode.current);
        inode.changes = [];
      }),
      close: () => Promise.resolve(),
    };
  }

  /** Every operation gives way once, so that a crash can come before it; then it happens in one step. */
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

  #rename(path: string, apply: (names: Names) => void): void {
    apply(this.#names);
    this.#nameChanges.push({ directory: dirname(path), apply });
  }

  #change(inode: Inode, change: Change): void {
    inode.current = applied(inode.current, change);
    inode.changes.push(change);
  }

  #forget(inode: Inode): void {
    let bytes = inode.durable;
    for (const change of inode.changes) {
      if (change.kind === 'truncate') {
        if (this.#fraction() < 0.5) bytes = applied(bytes, change);
        continue;
      }
      for (let from = 0; from < change.bytes.length; from += SECTOR) {
        if (this.#fraction() < 0.5) bytes = applied(bytes, { kind: 'write', at: change.at + from, bytes: change.bytes.subarray(from, from + SECTOR) });
      }
    }
    inode.durable = Buffer.from(bytes);
    inode.current = Buffer.from(bytes);
    inode.changes = [];
  }
}

function applied(bytes: Buffer, change: Change): Buffer {
  const size = change.kind === 'truncate' ? change.size : Math.max(bytes.length, change.at + change.bytes.length);
  const result = Buffer.alloc(size);
  bytes.copy(result, 0, 0, Math.min(bytes.length, size));
  if (change.kind === 'write') change.bytes.copy(result, change.at);
  return result;
}
