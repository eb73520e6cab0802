import type { AttemptRef, Sequence } from '../domain/ids.ts';
import { RunnerError } from '../runtime/errors.ts';
import { SerialQueue } from '../runtime/serial-queue.ts';
import type { Disk } from './disk.ts';
import { createAttempt, type Journal, removeAttempt, writeJournal } from './journal.ts';
import type { ProcessIdentity } from './processes.ts';
import { type ReadRecords, SpoolReader } from './reader.ts';
import { emptySpool, recover, type Recovered } from './recover.ts';
import { writeFromReserve } from './reserve.ts';

export interface AttemptSpoolOptions {
  readonly disk: Disk;
}

/**
 * One attempt on disk, as the process sees it that reads it: its journal, and its records once they are durable. Calls
 * may overlap; what touches the records is done one by one, so that no acknowledgement deletes under a recovery.
 */
export class AttemptSpool {
  readonly directory: string;
  readonly #disk: Disk;
  #journal: Journal;
  #reader: SpoolReader;
  readonly #queue = new SerialQueue();

  private constructor(
    options: AttemptSpoolOptions,
    directory: string,
    journal: Journal,
    found: Recovered,
  ) {
    this.#disk = options.disk;
    this.directory = directory;
    this.#journal = journal;
    this.#reader = new SpoolReader({ disk: options.disk, directory, found });
  }

  /** A new attempt; it survives a crash from when this resolves. */
  static async create(
    options: AttemptSpoolOptions,
    root: string,
    journal: Journal,
  ): Promise<AttemptSpool> {
    return new AttemptSpool(
      options,
      await createAttempt(options.disk, root, journal),
      journal,
      emptySpool,
    );
  }

  /** An attempt whose writer is dead. Throws SPOOL_CORRUPT unless told to save what can be. */
  static async reopen(
    options: AttemptSpoolOptions,
    directory: string,
    journal: Journal,
    salvage: boolean,
  ): Promise<AttemptSpool> {
    return new AttemptSpool(
      options,
      directory,
      journal,
      await recover(options.disk, directory, { salvage }),
    );
  }

  get ref(): AttemptRef {
    return this.#journal.ref;
  }

  /** Unix time in milliseconds. */
  get createdAt(): number {
    return this.#journal.createdAt;
  }

  get durable(): Sequence {
    return this.#reader.durable;
  }

  get complete(): boolean {
    return this.#reader.complete;
  }

  get acknowledged(): Sequence {
    return this.#reader.acknowledged;
  }

  get bytes(): number {
    return this.#reader.bytes;
  }

  async setWriter(writer: ProcessIdentity): Promise<void> {
    this.#journal = { ...this.#journal, worker: writer };
    await writeJournal(this.#disk, this.directory, this.#journal);
  }

  /** See SpoolReader.advance. */
  advance(durable: Sequence, writtenBytes: number, complete: boolean, segment?: Sequence): void {
    this.#reader.advance(durable, writtenBytes, complete, segment);
  }

  /** See SpoolReader.spent. */
  get spent(): boolean {
    return this.#reader.spent;
  }

  read(from: Sequence, maxBytes: number): Promise<ReadRecords | undefined> {
    return this.#queue.run(() => this.#reader.read(from, maxBytes));
  }

  acknowledge(upTo: Sequence): Promise<void> {
    return this.#queue.run(() => this.#reader.acknowledge(upTo));
  }

  /** Looks at what a dead writer left. Only when it is dead. Throws SPOOL_CORRUPT unless told to save what can be. */
  recover(salvage: boolean): Promise<Recovered> {
    return this.#queue.run(async () => {
      await this.#reader.close();
      const found = await recover(this.#disk, this.directory, {
        salvage,
        acknowledged: this.#reader.acknowledged,
      });
      this.#reader = new SpoolReader({ disk: this.#disk, directory: this.directory, found });
      return found;
    });
  }

  /** Appends the one record that ends the attempt, for a writer that is dead; durable when this resolves. Throws DISK_FULL. */
  appendLast(payload: Uint8Array): Promise<void> {
    return this.#queue.run(async () => {
      const sequence = this.durable + 1;
      try {
        const bytes = await writeFromReserve(this.#disk, this.directory, {
          sequence,
          last: true,
          payload,
        });
        this.#reader.advance(sequence, bytes, true, sequence);
      } catch (thrown) {
        throw RunnerError.from(thrown, 'SINK_FAILED');
      }
    });
  }

  remove(): Promise<void> {
    return this.#queue.run(async () => {
      await this.#reader.close();
      await removeAttempt(this.#disk, this.directory);
    });
  }

  close(): Promise<void> {
    return this.#queue.run(() => this.#reader.close());
  }
}
