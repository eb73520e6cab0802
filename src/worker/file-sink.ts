import { type FileHandle, open } from 'node:fs/promises';
import { throwIfAborted } from '../../foundation/src/runtime/abort.ts';
import { isErrno } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { RecordSink } from './record-sink.ts';

const BUFFER_BYTES = 256 * 1024;
/** The path is wrong, or this user has no permission to write there: a person has to act. */
const UNWRITABLE = [
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EACCES',
  'EPERM',
  'EROFS',
  'ENAMETOOLONG',
  'ELOOP',
] as const;

/**
 * Writes records to a file of JSON lines that only its owner can read. Replaces the content of an
 * existing file.
 */
export class FileSink implements RecordSink {
  readonly #path: string;
  readonly #file: FileHandle;
  #lines: Buffer[] = [];
  #bytes = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Throws FILE_UNWRITABLE, DISK_FULL and SINK_FAILED. */
  static async open(path: string): Promise<FileSink> {
    try {
      return new FileSink(path, await open(path, 'w', 0o600));
    } catch (thrown) {
      throw writeError(path, thrown);
    }
  }

  async write(line: Buffer, _last: boolean, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    this.#lines.push(line);
    this.#bytes += line.length;
    if (this.#bytes >= BUFFER_BYTES) await this.#writeBuffer();
  }

  /** Resolves when everything is on disk, not only in the cache of the operating system. */
  async flush(): Promise<void> {
    await this.#writeBuffer();
    try {
      await this.#file.sync();
    } catch (thrown) {
      // A pipe or a terminal has nothing to sync.
      if (!isErrno(thrown, 'EINVAL')) throw writeError(this.#path, thrown);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #writeBuffer(): Promise<void> {
    const lines = Buffer.concat(this.#lines, this.#bytes);
    this.#lines = [];
    this.#bytes = 0;
    try {
      await this.#file.writeFile(lines);
    } catch (thrown) {
      throw writeError(this.#path, thrown);
    }
  }
}

function writeError(path: string, thrown: unknown): RunnerError {
  const fallback = isErrno(thrown, ...UNWRITABLE) ? 'FILE_UNWRITABLE' : 'SINK_FAILED';
  const error = RunnerError.from(thrown, fallback);
  return new RunnerError(error.code, `failed to write ${path}: ${error.message}`, {
    remedy: outputRemedy(error),
    cause: thrown,
  });
}

/** The remedy of DISK_FULL names the state directory; the output is elsewhere. */
export function outputRemedy({ code, remedy }: RunnerError): string {
  return code === 'DISK_FULL'
    ? 'Free space on the file system of the output, or name another file with --out.'
    : remedy;
}
