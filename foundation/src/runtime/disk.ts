import { ifPresent } from './errno.ts';

/**
 * An open file. Positions and lengths are in bytes. Errors are those of the operating system
 * (errno.ts).
 */
export interface DiskFile {
  /** Writes all bytes or throws. After a failed write, the content at that position is unknown. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Up to `length` bytes; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  size(): Promise<number>;
  truncate(size: number): Promise<void>;
  /**
   * Content and size survive a power cut once this has resolved. After a failure, everything
   * written since the last success may be lost.
   */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * `create` replaces nothing: it throws EEXIST. So does `createSynced`, and each write to that file
 * is durable like after a `sync`, in less time. `read` and `write` need the file to exist.
 */
export type OpenMode = 'create' | 'createSynced' | 'read' | 'write';

/**
 * The file system operations that durable files need, injected so that tests can make them fail.
 */
export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** Replaces `to` atomically. */
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Names in a directory, in no order. */
  list(directory: string): Promise<string[]>;
  /** Does nothing if the directory exists. */
  makeDirectory(path: string): Promise<void>;
  removeDirectory(path: string): Promise<void>;
  /**
   * Created, replaced and removed names in the directory survive a power cut once this has
   * resolved.
   */
  syncDirectory(path: string): Promise<void>;
  /** Free bytes on the file system of a directory; Infinity if unknown. */
  free(path: string): Promise<number>;
}

/** Deletes a file that may be missing. */
export async function removeFile(disk: Disk, path: string): Promise<void> {
  await ifPresent(disk.unlink(path));
}

/** The content of a file; undefined if it does not exist. */
export async function readIfPresent(disk: Disk, path: string): Promise<Buffer | undefined> {
  return ifPresent(readAll(disk, path));
}

export async function readAll(disk: Disk, path: string): Promise<Buffer> {
  const file = await disk.open(path, 'read');
  try {
    return await file.read(0, await file.size());
  } finally {
    await file.close();
  }
}

/** Names in a directory, in no order; none if it does not exist. */
export async function listIfPresent(disk: Disk, directory: string): Promise<string[]> {
  return (await ifPresent(disk.list(directory))) ?? [];
}
