import type { Failure } from '../../../foundation/src/domain/failure.ts';
import type { AttemptRef, Sequence } from '../../../foundation/src/domain/ids.ts';
import type { OutcomeRecord } from '../../../foundation/src/domain/record.ts';
import { ChangeSignal } from '../../../foundation/src/runtime/change-signal.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { SerialQueue } from '../../../foundation/src/runtime/serial-queue.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { type Journal, removeAttempt, writeJournal } from '../../spool/journal.ts';
import type { ProcessIdentity } from '../../../foundation/src/runtime/processes.ts';
import { SpoolReader, type WriterReport } from '../../spool/reader.ts';
import { recover, type Recovered } from '../../spool/recover.ts';
import { writeFromReserve } from '../../spool/reserve.ts';
import type { Outbox, OutboxBatch } from './outbox.ts';
import { UndeliveredSince } from './undelivered-since.ts';

export interface SpoolOutboxOptions {
  readonly disk: Disk;
  readonly clock: Pick<Clock, 'now'>;
  readonly directory: string;
  readonly journal: Journal;
  /** What the directory holds; `emptySpool` for a new attempt. */
  readonly found: Recovered;
  /** Called after each change of `bytes`. */
  readonly onMoved: () => void;
  /** Called once the directory is deleted. */
  readonly onDiscarded: () => void;
}

/**
 * One attempt's outbox over its spool directory. Calls may overlap.
 *
 * Invariants: everything that reads or changes records passes the one queue, so an acknowledgement
 * never deletes under a recovery; nothing waits for the worker inside the queue, since the worker
 * may itself wait for an acknowledgement to make room; the directory is recovered, completed or
 * removed only once the worker is gone.
 */
export class SpoolOutbox implements Outbox {
  readonly directory: string;
  readonly #options: SpoolOutboxOptions;
  readonly #queue = new SerialQueue();
  readonly #changed = new ChangeSignal();
  readonly #undelivered = new UndeliveredSince();
  #journal: Journal;
  #reader: SpoolReader;
  #writerGone: Promise<void> = Promise.resolve();
  #discarding: Promise<void> | undefined;
  #damage: Failure | undefined;

  constructor(options: SpoolOutboxOptions) {
    const { directory, journal, found } = options;
    this.#options = options;
    this.directory = directory;
    this.#journal = journal;
    this.#reader = this.#newReader(found);
    this.#noteDurable(journal.createdAt);
  }

  get ref(): AttemptRef {
    return this.#journal.ref;
  }

  /** Bytes on disk that are not acknowledged. */
  get bytes(): number {
    return this.#reader.bytes;
  }

  durable(): { readonly sequence: Sequence; readonly complete: boolean } {
    return { sequence: this.#reader.durable, complete: this.#reader.complete };
  }

  acknowledged(): Sequence {
    return this.#reader.acknowledged;
  }

  undeliveredSince(): number | undefined {
    return this.#undelivered.since;
  }

  read(from: Sequence, maxBytes: number): Promise<OutboxBatch | undefined> {
    return this.#queue.run(() => this.#reader.read(from, maxBytes));
  }

  async acknowledge(upTo: Sequence): Promise<void> {
    await this.#queue.run(() => this.#reader.acknowledge(upTo));
    this.#undelivered.acknowledged(this.#reader.acknowledged);
    this.#options.onMoved();
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.#changed.wait(signal);
  }

  /** Waits for the worker to be gone, so end that first. */
  discard(): Promise<void> {
    this.#discarding ??= this.#discard().catch((thrown: unknown) => {
      this.#discarding = undefined;
      throw RunnerError.from(thrown, 'SINK_FAILED');
    });
    return this.#discarding;
  }

  /** Journals the process that writes from now on; `gone` settles when it has ended. */
  async attachWriter(writer: ProcessIdentity, gone: Promise<void>): Promise<void> {
    this.#writerGone = gone;
    this.#journal = { ...this.#journal, worker: writer };
    await writeJournal(this.#options.disk, this.directory, this.#journal);
  }

  /** Takes the worker's report, see SpoolReader.advance. */
  advance(report: WriterReport): void {
    this.#reader.advance(report);
    this.#announce();
    if (this.#reader.hasDeletable) this.#free();
  }

  /** Recovers what a dead worker wrote but did not report. */
  writerEnded(): Promise<void> {
    return this.#queue.run(() => this.#recover());
  }

  /** Takes precedence over any other reason for the outcome. */
  noteDamage(damage: Failure): void {
    this.#damage = damage;
  }

  /**
   * Appends the outcome for a worker that ended without one; damage on disk takes precedence over
   * `error` as its reason.
   */
  async closeInterrupted(error: Failure, now: number): Promise<void> {
    await this.#writerGone;
    await this.#queue.run(async () => {
      await this.#recover();
      if (this.#reader.complete || this.#discarding !== undefined) return;
      await this.#appendLast(this.#interrupted(this.#damage ?? error, now));
      this.#announce();
    });
  }

  close(): Promise<void> {
    return this.#queue.run(() => this.#reader.close());
  }

  /**
   * Deletes segments that were acknowledged before the worker closed them. A failure is retried
   * at its next report.
   */
  #free(): void {
    this.acknowledge(this.#reader.acknowledged).catch(() => undefined);
  }

  async #recover(): Promise<void> {
    if (this.#reader.complete || this.#discarding !== undefined) return;
    try {
      await this.#reopen(false);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (error.code !== 'SPOOL_CORRUPT') throw error;
      this.#damage = error.toFailure();
      await this.#reopen(true);
    }
    this.#announce();
  }

  async #reopen(salvage: boolean): Promise<void> {
    await this.#reader.close();
    const { acknowledged } = this.#reader;
    this.#reader = this.#newReader(
      await recover(this.#options.disk, this.directory, { salvage, acknowledged }),
    );
  }

  #newReader(found: Recovered): SpoolReader {
    return new SpoolReader({ disk: this.#options.disk, directory: this.directory, found });
  }

  async #discard(): Promise<void> {
    await this.#writerGone;
    await this.#queue.run(async () => {
      await this.#reader.close();
      await removeAttempt(this.#options.disk, this.directory);
    });
    this.#options.onDiscarded();
  }

  /** Durable when this resolves. Throws DISK_FULL, SINK_FAILED. */
  async #appendLast(outcome: OutcomeRecord): Promise<void> {
    const sequence = this.#reader.durable + 1;
    const payload = Buffer.from(`${JSON.stringify(outcome)}\n`);
    try {
      const record = { sequence, last: true, payload };
      const bytes = await writeFromReserve(this.#options.disk, this.directory, record);
      this.#reader.advance({ sequence, bytes, complete: true, segment: sequence });
    } catch (thrown) {
      throw RunnerError.from(thrown, 'SINK_FAILED');
    }
  }

  #interrupted(error: Failure, now: number): OutcomeRecord {
    return {
      kind: 'outcome',
      status: 'interrupted',
      counts: {},
      steps: [],
      failures: [],
      error,
      startedAt: this.#journal.createdAt,
      endedAt: now,
      records: this.#reader.durable,
      digest: '',
    };
  }

  #noteDurable(at: number): void {
    this.#undelivered.durable(this.#reader.durable, at);
    this.#undelivered.acknowledged(this.#reader.acknowledged);
  }

  #announce(): void {
    this.#noteDurable(this.#options.clock.now());
    this.#changed.notify();
    this.#options.onMoved();
  }
}
