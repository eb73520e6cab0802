import type { Channel } from '../../channel/channel.ts';
import type { Batch } from '../../channel/frames.ts';
import type { Sequence } from '../../../foundation/src/domain/ids.ts';
import { aborted, throwIfAborted } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { firstOf } from '../../../foundation/src/runtime/wait.ts';
import type { Attempt } from '../attempts/attempt.ts';
import type { OutboxBatch } from '../outbox/outbox.ts';
import { makeBatch } from './batch.ts';
import type { CreditWindow } from './credit-window.ts';
import type { DeliveryPosition } from './position.ts';

const TARGET_RAW_BYTES = 256 * 1024;
const RETRY_MS = 1_000;

export interface SenderOptions {
  readonly channel: Channel;
  readonly window: CreditWindow;
  readonly clock: Clock;
  /** Largest payload of one batch. */
  readonly maxBatchBytes: number;
  readonly zstd: boolean;
  /** Called when a record can never be delivered; the attempt is then dropped. */
  readonly onUndeliverable: (error: RunnerError) => void;
  /** Called when records could not be read; they are read again later. */
  readonly onSpoolError: (error: RunnerError) => void;
}

/** The batch behind the one that is being sent; undefined if it could not be made yet. */
interface Ahead {
  readonly from: Sequence;
  readonly zstd: boolean;
  readonly batch: Promise<Batch | undefined>;
}

/**
 * Sends the durable records of one attempt over one channel, in order. While a batch waits for the
 * window and the transport, the next one is read and compressed, and no more than that one.
 *
 * Invariants: only durable records are sent, and none once the attempt is gone; a batch is sent
 * only after the window has room for it and while it is still the next one; one read at a time, and
 * none after `run` has ended.
 */
export class Sender {
  readonly #attempt: Attempt;
  readonly #position: DeliveryPosition;
  readonly #options: SenderOptions;
  #ahead: Ahead | undefined;

  constructor(attempt: Attempt, position: DeliveryPosition, options: SenderOptions) {
    this.#attempt = attempt;
    this.#position = position;
    this.#options = options;
  }

  /** Sends until the attempt is gone or the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const scope = AbortSignal.any([signal, this.#attempt.gone]);
    try {
      for (;;) await this.#sendNext(scope);
    } catch (thrown) {
      if (!this.#attempt.gone.aborted) throw thrown;
    } finally {
      this.#position.release();
      await this.#ahead?.batch;
    }
  }

  async #sendNext(scope: AbortSignal): Promise<void> {
    const from = this.#position.next;
    const batch = await this.#batchFrom(from, scope);
    if (batch === undefined) return await this.#untilMore(from, scope);
    if (!this.#fits(batch)) return await untilGone(scope);
    this.#prepare(from + batch.count);
    const { window, channel } = this.#options;
    await window.take(batch.payload.length, scope);
    if (from !== this.#position.next) return window.release(batch.payload.length);
    this.#position.noteSent(from, batch.count, batch.payload.length);
    await channel.send({ kind: 'batch', body: batch }, scope);
  }

  /** The prepared batch if it is the one; after a rewind it is not. */
  async #batchFrom(from: Sequence, scope: AbortSignal): Promise<Batch | undefined> {
    const zstd = this.#zstd;
    const ahead = this.#ahead;
    const prepared = await ahead?.batch;
    this.#ahead = undefined;
    if (prepared !== undefined && ahead?.from === from && ahead.zstd === zstd) return prepared;
    const records = await this.#read(from, scope);
    return records && (await makeBatch(this.#attempt.ref, records, zstd));
  }

  /** A failure shows when the batch is read in its turn. */
  #prepare(from: Sequence): void {
    const { outbox, ref } = this.#attempt;
    if (outbox.durable().sequence < from) return;
    const zstd = this.#zstd;
    const batch = outbox
      .read(from, this.#maxBytes)
      .then((records) => records && makeBatch(ref, records, zstd))
      .catch(() => undefined);
    this.#ahead = { from, zstd, batch };
  }

  /** A batch that was rejected as corrupt is sent again without compression. */
  get #zstd(): boolean {
    return this.#options.zstd && this.#position.corrupt === 0;
  }

  get #maxBytes(): number {
    return Math.min(TARGET_RAW_BYTES, this.#options.maxBatchBytes);
  }

  /**
   * A disk that fails harms this attempt alone, not the session. Undefined when nothing is durable
   * yet, or `from` is no longer the next record.
   */
  async #read(from: Sequence, scope: AbortSignal): Promise<OutboxBatch | undefined> {
    while (from === this.#position.next) {
      try {
        throwIfAborted(scope);
        return await this.#attempt.outbox.read(from, this.#maxBytes);
      } catch (thrown) {
        throwIfAborted(scope);
        const error = RunnerError.from(thrown);
        if (error.code === 'SPOOL_CORRUPT') this.#options.onUndeliverable(error);
        else this.#options.onSpoolError(error);
        await this.#options.clock.sleep(RETRY_MS, scope);
      }
    }
    return undefined;
  }

  /** Waits for a durable record at or behind `from`, or for a rewind. */
  async #untilMore(from: Sequence, scope: AbortSignal): Promise<void> {
    const { outbox } = this.#attempt;
    if (this.#position.next !== from || outbox.durable().sequence >= from) return;
    await firstOf(
      scope,
      (waiting) => outbox.changed(waiting),
      (waiting) => this.#position.rewound.wait(waiting),
    );
  }

  #fits({ payload }: Batch): boolean {
    const fits = payload.length <= this.#options.maxBatchBytes;
    if (!fits)
      this.#options.onUndeliverable(
        new RunnerError(
          'FRAME_TOO_LARGE',
          `a record of ${payload.length} bytes exceeds the batch limit of the control plane`,
        ),
      );
    return fits;
  }
}

/** The attempt is being dropped; rejects once it is gone. */
async function untilGone(scope: AbortSignal): Promise<void> {
  await aborted(scope);
  throwIfAborted(scope);
}
