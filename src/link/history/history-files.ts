/*
 * The history on disk: one file for each attempt, replaced as a whole, so that a crash leaves the
 * old content or the new. What must never break: it stays within its limits whatever the control
 * plane offers, and it never delays or fails an attempt.
 */
import { dirname } from 'node:path';
import { attemptKey, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { type Disk, removeFile } from '../../../foundation/src/runtime/disk.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { SerialQueue } from '../../../foundation/src/runtime/serial-queue.ts';
import { type AttemptEntry, entryFile } from './attempt-entry.ts';
import type { AttemptEnd, AttemptStart, History } from './history.ts';
import type { LogTails } from './log-tails.ts';
import { readEntries, readEntry, timeOf } from './read-history.ts';

const MAX_ENTRIES = 200;
const MAX_BYTES = 8 * 1024 * 1024;
/** What `replaceFile` writes first. */
const UNFINISHED = '.new';
const MAX_AGE_MS = 30 * 24 * 3_600_000;

export interface HistoryFilesOptions {
  readonly directory: string;
  /** Other processes may write there too: their unfinished files stay. */
  readonly isShared?: boolean;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tails: LogTails;
  /** Removes what even the log of this machine hides: the password of a proxy. */
  readonly redact: (line: string) => string;
}

interface StoredFile {
  readonly time: number;
  readonly size: number;
}

export class HistoryFiles implements History {
  readonly #options: HistoryFilesOptions;
  readonly #directory: string;
  readonly #queue = new SerialQueue();
  /** The files on disk by name, oldest first. */
  #entries: Map<string, StoredFile> | undefined;

  constructor(options: HistoryFilesOptions) {
    this.#options = options;
    this.#directory = options.directory;
  }

  begin(start: AttemptStart): void {
    this.#options.tails.open(attemptKey(start.ref));
    void this.#change(start.ref, () => Promise.resolve({ ...start, log: [], omittedLines: 0 }));
  }

  end(ref: AttemptRef, end: AttemptEnd): Promise<void> {
    const tail = this.#options.tails.close(attemptKey(ref));
    return this.#change(ref, async () => {
      const begun = await readEntry(this.#options.disk, this.#directory, entryFile(ref));
      return { ...begun, ref, end, log: [...tail.log], omittedLines: tail.omittedLines };
    });
  }

  #change(ref: AttemptRef, make: () => Promise<AttemptEntry>): Promise<void> {
    const { disk, redact, logger } = this.#options;
    const name = entryFile(ref);
    return this.#queue.run(async () => {
      try {
        this.#entries ??= await this.#load();
        const entry = await make();
        const text = redact(JSON.stringify(entry));
        await replaceFile(disk, `${this.#directory}/${name}`, text);
        // Behind all others: the newest is removed last.
        this.#entries.delete(name);
        this.#entries.set(name, { time: timeOf(entry), size: Buffer.byteLength(text) });
        await this.#removeOld(this.#entries);
      } catch (thrown) {
        logger.log('warn', 'failed to record attempt for `hybrid-runner runs`', {
          attempt: attemptKey(ref),
          ...errorFields(thrown),
        });
      }
    });
  }

  /** Finds the files of earlier processes, oldest first; removes all others. */
  async #load(): Promise<Map<string, StoredFile>> {
    const { disk, isShared = false } = this.#options;
    await disk.makeDirectory(this.#directory);
    await disk.syncDirectory(dirname(this.#directory));
    const entries = new Map<string, StoredFile>();
    for (const { entry, size } of await readEntries(disk, this.#directory))
      entries.set(entryFile(entry.ref), { time: timeOf(entry), size });
    for (const name of await disk.list(this.#directory))
      if (!entries.has(name) && !(isShared && name.endsWith(UNFINISHED)))
        await removeFile(disk, `${this.#directory}/${name}`);
    return new Map([...entries].toSorted(([, one], [, other]) => one.time - other.time));
  }

  async #removeOld(entries: Map<string, StoredFile>): Promise<void> {
    const { disk, clock } = this.#options;
    const oldest = clock.now() - MAX_AGE_MS;
    let bytes = [...entries.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [name, { time, size }] of [...entries].slice(0, -1)) {
      if (entries.size <= MAX_ENTRIES && bytes <= MAX_BYTES && time >= oldest) return;
      await removeFile(disk, `${this.#directory}/${name}`);
      entries.delete(name);
      bytes -= size;
    }
  }
}
