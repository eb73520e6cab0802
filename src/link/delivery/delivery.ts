import type { Batch, Nack } from '../../channel/frames.ts';
import type { Channel } from '../../channel/channel.ts';
import type { Sequence } from '../../domain/ids.ts';
import { aborted, throwIfAborted } from '../../runtime/abort.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { makeBatch } from './batch.ts';
import { Bell } from '../bell.ts';
import type { CreditWindow } from './credit-window.ts';
import type { OutboxBatch } from '../outbox/outbox.ts';
import { toSequence } from '../connection/frame-fields.ts';

const TARGET_RAW_BYTES = 256 * 1024;
const CORRUPT_TRIES = 5;
const READ_AGAIN_MS = 1_000;

export interface DeliveryOptions {
  readonly channel: Channel;
  readonly window: CreditWindow;
  readonly clock: Clock;
  /** Largest payload of one batch. */
  readonly maxBatchBytes: number;
  readonly zstd: boolean;
  /** Called with each position that the control plane has stored. */
  readonly stored: (upTo: Sequence) => void;
  /** Called when a record can never be delivered; the attempt is then dropped. */
  readonly undeliverable: (error: RunnerError) => void;
  /** Called when records could not be read; they are tried again. */
  readonly trouble: (error: RunnerError) => void;
}

interface InFlight {
  readonly first: Sequence;
  readonly last: Sequence;
  readonly bytes: number;
  readonly sentAt: number;
}

/**
 * Moves one attempt's durable records over one channel, in order.
 *
 * Invariants: only durable records are sent; `#next` is the first record not sent over this channel, or the one to send
 * again; the window holds exactly the payload bytes of `#inFlight`; nothing is sent once the attempt is gone.
 */
export class Delivery {
  readonly #attempt: Attempt;
  readonly #options: DeliveryOptions;
  readonly #rewound = new Bell();
  #next: Sequence;
  #stored: Sequence;
  /** Highest record ever sent over this channel. */
  #sent: Sequence;
  #inFlight: InFlight[] = [];
  /** Where the last rewinding went: batches that were in flight behind it are refused too, and say the same. */
  #rewoundTo: Sequence | undefined;
  #corrupt = 0;

  /** Starts behind `stored`, the last record that the control plane has. */
  constructor(attempt: Attempt, stored: Sequence, options: DeliveryOptions) {
    this.#attempt = attempt;
    this.#options = options;
    this.#stored = stored;
    this.#sent = stored;
    this.#next = stored + 1;
  }

  /** Monotonic time since when the oldest batch waits for an answer. */
  get waitingSince(): number | undefined {
    return this.#inFlight[0]?.sentAt;
  }

  /** Sends until the attempt is gone or the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const scope = AbortSignal.any([signal, this.#attempt.gone]);
    try {
      for (;;) await this.#sendNext(scope);
    } catch (thrown) {
      if (!this.#attempt.gone.aborted) throw thrown;
    } finally {
      this.#settle(Infinity);
    }
  }

  acknowledged(upTo: Sequence): void {
    if (toSequence(upTo) > this.#sent)
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        'the control plane acknowledged records that were not sent',
      );
    if (upTo <= this.#stored) return;
    this.#stored = upTo;
    this.#next = Math.max(this.#next, upTo + 1);
    this.#rewoundTo = undefined;
    this.#corrupt = 0;
    this.#settle(upTo);
    this.#options.stored(upTo);
  }

  /** For OUT_OF_ORDER and CORRUPT. Throws PROTOCOL_VIOLATION when the control plane asks for what cannot be. */
  refused(nack: Nack): void {
    if (nack.code === 'NACK_CODE_CORRUPT') {
      this.#corrupt += 1;
      if (this.#corrupt > CORRUPT_TRIES)
        return this.#options.undeliverable(
          new RunnerError(
            'PROTOCOL_VIOLATION',
            'the control plane finds the same batch corrupt again and again',
          ),
        );
      return this.#rewind(this.#inFlight[0]?.first ?? this.#next);
    }
    const expected = toSequence(nack.expectedSequence);
    if (expected <= this.#stored || expected > this.#sent + 1)
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        'the control plane asks for records that are not there',
      );
    if (expected !== this.#rewoundTo) this.#rewind(expected);
  }

  #rewind(to: Sequence): void {
    this.#settle(Infinity);
    this.#next = to;
    this.#rewoundTo = to;
    this.#rewound.ring();
  }

  #settle(upTo: Sequence): void {
    const settled = this.#inFlight.filter(({ last }) => last <= upTo);
    this.#inFlight = this.#inFlight.filter(({ last }) => last > upTo);
    this.#options.window.release(settled.reduce((sum, { bytes }) => sum + bytes, 0));
  }

  async #sendNext(scope: AbortSignal): Promise<void> {
    const from = this.#next;
    const records = await this.#read(from, scope);
    if (records === undefined) return await this.#untilMore(from, scope);
    const batch = await makeBatch(
      this.#attempt.ref,
      records,
      this.#options.zstd && this.#corrupt === 0,
    );
    if (!this.#fits(batch)) return await this.#untilGone(scope);
    await this.#options.window.take(batch.payload.length, scope);
    if (from !== this.#next) return this.#options.window.release(batch.payload.length);
    this.#noteSent(batch, records);
    await this.#options.channel.send({ kind: 'batch', body: batch }, scope);
  }

  /** A disk that fails harms this attempt alone, not the session. Undefined when there is nothing yet, or `from` is no longer what comes next. */
  async #read(from: Sequence, scope: AbortSignal): Promise<OutboxBatch | undefined> {
    while (from === this.#next) {
      try {
        throwIfAborted(scope);
        return await this.#attempt.outbox.read(
          from,
          Math.min(TARGET_RAW_BYTES, this.#options.maxBatchBytes),
        );
      } catch (thrown) {
        throwIfAborted(scope);
        const error = RunnerError.from(thrown);
        if (error.code === 'SPOOL_CORRUPT') this.#options.undeliverable(error);
        else this.#options.trouble(error);
        await this.#options.clock.sleep(READ_AGAIN_MS, scope);
      }
    }
    return undefined;
  }

  #noteSent(batch: Batch, { firstSequence, lines }: OutboxBatch): void {
    const last = firstSequence + lines.length - 1;
    this.#inFlight.push({
      first: firstSequence,
      last,
      bytes: batch.payload.length,
      sentAt: this.#options.clock.monotonic(),
    });
    this.#next = last + 1;
    this.#sent = Math.max(this.#sent, last);
  }

  /** Waits for a durable record at or behind `from`, or for a rewinding. */
  async #untilMore(from: Sequence, scope: AbortSignal): Promise<void> {
    if (this.#next !== from || this.#attempt.outbox.durable().sequence >= from) return;
    const woken = new AbortController();
    const waiting = AbortSignal.any([scope, woken.signal]);
    try {
      await Promise.race([this.#attempt.outbox.changed(waiting), this.#rewound.wait(waiting)]);
    } finally {
      woken.abort();
    }
  }

  #fits({ payload }: Batch): boolean {
    const fits = payload.length <= this.#options.maxBatchBytes;
    if (!fits)
      this.#options.undeliverable(
        new RunnerError(
          'FRAME_TOO_LARGE',
          `a record of ${payload.length} bytes is larger than the control plane takes`,
        ),
      );
    return fits;
  }

  async #untilGone(scope: AbortSignal): Promise<void> {
    await aborted(scope);
    throwIfAborted(scope);
  }
}
