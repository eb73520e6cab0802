import { isErrno } from './errno.ts';

/** An open file. Positions and lengths are in bytes. Errors are those of the operating system, with their `code`. */
export interface DiskFile {
  /** Writes all of it or throws; what a failed write has left behind is unknown. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Up to `length` bytes; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  size(): Promise<number>;
  truncate(size: number): Promise<void>;
  /** Contents and size survive a power cut once this has resolved. After a failure nothing is known of what was written since the last success. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** `create` replaces nothing: it throws EEXIST. `read` and `write` need the file to exist. */
export type OpenMode = 'create' | 'read' | 'write';

/** The little of a file system that the spool needs, handed in so that tests can make it fail. */
export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** Replaces `to`, in one step. */
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Names in a directory, in no order. */
  list(directory: string): Promise<string[]>;
  /** Nothing happens when it is there already. */
  makeDirectory(path: string): Promise<void>;
  removeDirectory(path: string): Promise<void>;
  /** Names made, replaced and removed in the directory survive a power cut once this has resolved. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes that can still be written to the file system of a directory; Infinity where that is not known. */
  free(path: string): Promise<number>;
}

/** Deletes a file that may be missing. */
export async function removeFile(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (thrown) {
    if (!isErrno(thrown, 'ENOENT')) throw thrown;
  }
}
