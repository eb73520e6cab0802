import { type FileHandle, open } from 'node:fs/promises';
import { RunnerError } from '../runtime/errors.ts';
import { throwIfAborted } from '../runtime/abort.ts';
import type { RecordSink } from './record-sink.ts';

const BUFFER_CHARACTERS = 256 * 1024;
/** Only a person changes these: the path leads nowhere, or where this user may not write. */
const UNWRITABLE: ReadonlySet<unknown> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EACCES',
  'EPERM',
  'EROFS',
  'ENAMETOOLONG',
  'ELOOP',
]);

/** Records into a file of JSON lines, for its owner alone; what was in the file before is gone. */
export class FileSink implements RecordSink {
  readonly #path: string;
  readonly #file: FileHandle;
  #lines: string[] = [];
  #characters = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Throws FILE_UNWRITABLE, DISK_FULL and SINK_FAILED. */
  static async open(path: string): Promise<FileSink> {
    try {
      return new FileSink(path, await open(path, 'w', 0o600));
    } catch (thrown) {
      throw failed(path, thrown);
    }
  }

  async write(line: string, _last: boolean, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters >= BUFFER_CHARACTERS) await this.#empty();
  }

  /** On disk, not only with the operating system. */
  async flush(): Promise<void> {
    await this.#empty();
    try {
      await this.#file.sync();
    } catch (thrown) {
      // A pipe or a terminal has nothing to sync.
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EINVAL'))
        throw failed(this.#path, thrown);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #empty(): Promise<void> {
    const text = this.#lines.join('');
    this.#lines = [];
    this.#characters = 0;
    try {
      await this.#file.writeFile(text);
    } catch (thrown) {
      throw failed(this.#path, thrown);
    }
  }
}

function failed(path: string, thrown: unknown): RunnerError {
  const unwritable = thrown instanceof Error && 'code' in thrown && UNWRITABLE.has(thrown.code);
  const error = RunnerError.from(thrown, unwritable ? 'FILE_UNWRITABLE' : 'SINK_FAILED');
  return new RunnerError(error.code, `writing ${path} failed: ${error.message}`, {
    remedy: outputRemedy(error),
    cause: thrown,
  });
}

/** The remedy of DISK_FULL speaks of the state directory, and this is another place. */
export function outputRemedy({ code, remedy }: RunnerError): string {
  return code === 'DISK_FULL'
    ? 'Free space where the records are written, or name another file with --out.'
    : remedy;
}
