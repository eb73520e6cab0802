import type { Failure } from '../../domain/failure.ts';
import type { AttemptRef, Sequence } from '../../domain/ids.ts';
import type { OutcomeRecord } from '../../domain/record.ts';
import { untilAborted } from '../../runtime/abort.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { AttemptSpool } from '../../spool/attempt-spool.ts';
import type { ProcessIdentity } from '../../spool/processes.ts';
import type { Outbox, OutboxBatch } from './outbox.ts';

/** Hears what the store must know of an outbox. */
export interface OutboxOwner {
  moved(): void;
  discarded(): void;
}

/** One attempt's outbox over its spool. */
export class SpoolOutbox implements Outbox {
  readonly #spool: AttemptSpool;
  readonly #owner: OutboxOwner;
  #writerGone: Promise<void> = Promise.resolve();
  #moved = Promise.withResolvers<void>();
  #discarding: Promise<void> | undefined;
  #damage: Failure | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(spool: AttemptSpool, owner: OutboxOwner) {
    this.#spool = spool;
    this.#owner = owner;
  }

  get ref(): AttemptRef {
    return this.#spool.ref;
  }

  /** Where the worker writes. */
  get directory(): string {
    return this.#spool.directory;
  }

  get bytes(): number {
    return this.#spool.bytes;
  }

  durable(): { readonly sequence: Sequence; readonly complete: boolean } {
    return { sequence: this.#spool.durable, complete: this.#spool.complete };
  }

  acknowledged(): Sequence {
    return this.#spool.acknowledged;
  }

  read(from: Sequence, maxBytes: number): Promise<OutboxBatch | undefined> {
    return this.#spool.read(from, maxBytes);
  }

  async acknowledge(upTo: Sequence): Promise<void> {
    await this.#spool.acknowledge(upTo);
    this.#owner.moved();
  }

  async changed(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#moved.promise, signal);
  }

  /** Waits for the worker to be gone, so end that first. */
  discard(): Promise<void> {
    this.#discarding ??= this.#inTurn(() => this.#discard()).catch((thrown: unknown) => {
      this.#discarding = undefined;
      throw RunnerError.from(thrown, 'SINK_FAILED');
    });
    return this.#discarding;
  }

  /** Notes the process that writes from now on; `gone` settles when it has ended. */
  async attachWriter(writer: ProcessIdentity, gone: Promise<void>): Promise<void> {
    this.#writerGone = gone;
    await this.#spool.setWriter(writer);
  }

  /** What the worker says of itself, see SpoolReader.advance. */
  advance(durable: Sequence, writtenBytes: number, complete: boolean, segment?: Sequence): void {
    this.#spool.advance(durable, writtenBytes, complete, segment);
    this.#announce();
    if (this.#spool.spent) this.#free();
  }

  /** Finds what a dead worker wrote and did not live to tell. */
  writerEnded(): Promise<void> {
    return this.#inTurn(() => this.#findLeft());
  }

  /** Names the reason of the outcome before any other. */
  noteDamage(damage: Failure): void {
    this.#damage = damage;
  }

  /** Appends the outcome for a worker that ended without one; damage on disk is named as the reason before anything else. */
  closeInterrupted(error: Failure, now: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#writerGone;
      await this.#findLeft();
      if (this.#spool.complete || this.#discarding !== undefined) return;
      const line = `${JSON.stringify(this.#interrupted(this.#damage ?? error, now))}\n`;
      await this.#spool.appendLast(Buffer.from(line));
      this.#announce();
    });
  }

  close(): Promise<void> {
    return this.#spool.close();
  }

  /** Deletes segments that were acknowledged before they were closed. What fails is tried again at the worker's next word. */
  #free(): void {
    this.#spool.acknowledge(this.#spool.acknowledged).then(
      () => this.#owner.moved(),
      () => undefined,
    );
  }

  async #findLeft(): Promise<void> {
    if (this.#spool.complete || this.#discarding !== undefined) return;
    try {
      await this.#spool.recover(false);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (error.code !== 'SPOOL_CORRUPT') throw error;
      this.#damage = error.toFailure();
      await this.#spool.recover(true);
    }
    this.#announce();
  }

  async #discard(): Promise<void> {
    await this.#writerGone;
    await this.#spool.remove();
    this.#owner.discarded();
  }

  #interrupted(error: Failure, now: number): OutcomeRecord {
    return {
      kind: 'outcome',
      status: 'interrupted',
      counts: {},
      steps: [],
      failures: [],
      error,
      startedAt: this.#spool.createdAt,
      endedAt: now,
      records: this.#spool.durable,
      digest: '',
    };
  }

  /** Whatever changes the directory happens one at a time. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #announce(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers<void>();
    this.#owner.moved();
  }
}
