import { join } from 'node:path';
import type { z } from 'zod';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { replaceFile } from '../../foundation/src/runtime/atomic-write.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { type Disk, readIfPresent } from '../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { withFileLock } from '../../foundation/src/runtime/file-lock.ts';
import type { Processes } from '../../foundation/src/runtime/processes.ts';

const LOCK_PATIENCE_MS = 10_000;

export interface CountsFileOptions<T> {
  /** Of the state; it may not exist yet. */
  readonly directory: string;
  /** Of the file, without `.json`. */
  readonly name: string;
  /** For messages: "the counts of runs". */
  readonly what: string;
  readonly schema: z.ZodType<T>;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly processes: Processes;
}

/** `counts` is absent if they have not changed. */
export interface Changed<T, R> {
  readonly counts?: T;
  readonly result: R;
}

/** Counts in a file of the state directory, for all processes of this machine together. */
export class CountsFile<T> {
  readonly #options: CountsFileOptions<T>;

  constructor(options: CountsFileOptions<T>) {
    this.#options = options;
  }

  /**
   * Changes what is stored; `work` gets `empty` before anything was. Durable when this resolves.
   * Throws FILE_UNREADABLE for a damaged file, STATE_LOCKED and the errors of the disk.
   */
  async change<R>(empty: T, work: (stored: T) => Promise<Changed<T, R>>): Promise<R> {
    const { directory, name, what, disk, clock, processes } = this.#options;
    await disk.makeDirectory(directory);
    const path = join(directory, `${name}.lock`);
    const lock = { path, what, processes, clock, patienceMs: LOCK_PATIENCE_MS, signal: NEVER };
    return withFileLock(lock, async () => {
      const { counts, result } = await work((await this.#read()) ?? empty);
      if (counts !== undefined) await replaceFile(disk, this.#file, JSON.stringify(counts));
      return result;
    });
  }

  async #read(): Promise<T | undefined> {
    const bytes = await readIfPresent(this.#options.disk, this.#file);
    if (bytes === undefined) return undefined;
    try {
      return this.#options.schema.parse(JSON.parse(bytes.toString()));
    } catch (thrown) {
      throw new RunnerError('FILE_UNREADABLE', `${this.#file} is damaged`, {
        cause: thrown,
        remedy: `Delete the file; ${this.#options.what} start at zero.`,
      });
    }
  }

  get #file(): string {
    return join(this.#options.directory, `${this.#options.name}.json`);
  }
}
