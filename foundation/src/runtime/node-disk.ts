import { constants } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  rmdir,
  statfs,
  unlink,
} from 'node:fs/promises';
import type { Disk, DiskFile, OpenMode } from './disk.ts';

/** Elsewhere, the flag does not exist, or leaves the data in the cache of the drive. */
const SYNCED_BY_SYSTEM = process.platform === 'linux';
const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;

const FLAGS: Readonly<Record<OpenMode, number>> = {
  create: CREATE,
  createSynced: SYNCED_BY_SYSTEM ? CREATE | constants.O_DSYNC : CREATE,
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
};

/** The disk of this machine. Files and directories are accessible to their owner only. */
export const nodeDisk: Disk = {
  open: async (path, mode) =>
    new NodeFile(
      await open(path, FLAGS[mode], 0o600),
      mode === 'createSynced' && !SYNCED_BY_SYSTEM,
    ),
  rename,
  unlink,
  list: (directory) => readdir(directory),
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  removeDirectory: rmdir,
  async free(path) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  },
  async syncDirectory(path) {
    // Windows cannot sync a directory handle; NTFS journals names itself.
    if (process.platform === 'win32') return;
    const handle = await open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

class NodeFile implements DiskFile {
  readonly #handle: FileHandle;
  readonly #syncsWrites: boolean;

  constructor(handle: FileHandle, syncsWrites: boolean) {
    this.#handle = handle;
    this.#syncsWrites = syncsWrites;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength;) {
      const { bytesWritten } = await this.#handle.write(
        bytes,
        done,
        bytes.byteLength - done,
        position + done,
      );
      done += bytesWritten;
    }
    if (this.#syncsWrites) await this.sync();
  }

  async read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#handle.read(buffer, done, length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
