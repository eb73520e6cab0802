import type { Sequence } from '../../../foundation/src/domain/ids.ts';
import { ChangeSignal } from '../../../foundation/src/runtime/change-signal.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { toSequence } from '../connection/frame-fields.ts';
import type { CreditWindow } from './credit-window.ts';

interface InFlight {
  readonly first: Sequence;
  readonly last: Sequence;
  readonly bytes: number;
  readonly sentAt: number;
}

/** What one acknowledgement newly confirms. */
export interface Acknowledged {
  readonly records: number;
  /** Of the payloads, as they were sent. */
  readonly bytes: number;
}

/**
 * How far the records of one attempt have been sent over one channel, and how far they are stored.
 *
 * Invariants: `next` is the first record not sent over this channel, or the one to send again; the
 * window holds exactly the payload bytes of the batches in flight.
 */
export class DeliveryPosition {
  /** Notifies when `next` moved back. */
  readonly rewound = new ChangeSignal();
  readonly #window: CreditWindow;
  readonly #clock: Clock;
  #next: Sequence;
  #stored: Sequence;
  /** Highest record ever sent over this channel. */
  #sent: Sequence;
  #inFlight: InFlight[] = [];
  /**
   * Target of the last rewind: batches that were in flight behind it are rejected with the same
   * number.
   */
  #rewoundTo: Sequence | undefined;
  #corrupt = 0;

  /** Starts behind `stored`, the last record that the control plane has. */
  constructor(stored: Sequence, window: CreditWindow, clock: Clock) {
    this.#window = window;
    this.#clock = clock;
    this.#stored = stored;
    this.#sent = stored;
    this.#next = stored + 1;
  }

  get next(): Sequence {
    return this.#next;
  }

  /** Number of batches rejected as corrupt since the last acknowledgement. */
  get corrupt(): number {
    return this.#corrupt;
  }

  /** Monotonic time since which the oldest batch waits for an answer. */
  get waitingSince(): number | undefined {
    return this.#inFlight[0]?.sentAt;
  }

  noteSent(first: Sequence, count: number, bytes: number): void {
    const last = first + count - 1;
    this.#inFlight.push({ first, last, bytes, sentAt: this.#clock.monotonic() });
    this.#next = last + 1;
    this.#sent = Math.max(this.#sent, last);
  }

  /**
   * Undefined when the position was known already. Throws PROTOCOL_VIOLATION for records that were
   * not sent.
   */
  acknowledge(upTo: Sequence): Acknowledged | undefined {
    if (toSequence(upTo) > this.#sent)
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        'the control plane acknowledged records that were not sent',
      );
    if (upTo <= this.#stored) return undefined;
    const records = upTo - this.#stored;
    this.#stored = upTo;
    this.#next = Math.max(this.#next, upTo + 1);
    this.#rewoundTo = undefined;
    this.#corrupt = 0;
    return { records, bytes: this.#settle(upTo) };
  }

  noteCorrupt(): void {
    this.#corrupt += 1;
  }

  /** Sends the oldest batch in flight again, and everything behind it. */
  rewindToOldest(): void {
    this.#rewind(this.#inFlight[0]?.first ?? this.#next);
  }

  /**
   * Sends again from `expected`. Throws PROTOCOL_VIOLATION for a record that is stored already or
   * was not sent.
   */
  rewindTo(expected: Sequence): void {
    if (expected <= this.#stored || expected > this.#sent + 1)
      throw new RunnerError(
        'PROTOCOL_VIOLATION',
        'the control plane expects a record that is stored already or was not sent',
      );
    if (expected !== this.#rewoundTo) this.#rewind(expected);
  }

  /** Gives back the window of everything in flight: nothing more is sent over this channel. */
  release(): void {
    this.#settle(Infinity);
  }

  #rewind(to: Sequence): void {
    this.#settle(Infinity);
    this.#next = to;
    this.#rewoundTo = to;
    this.rewound.notify();
  }

  /** Returns the number of bytes that are no longer in flight. */
  #settle(upTo: Sequence): number {
    const settled = this.#inFlight.filter(({ last }) => last <= upTo);
    this.#inFlight = this.#inFlight.filter(({ last }) => last > upTo);
    const bytes = settled.reduce((sum, each) => sum + each.bytes, 0);
    this.#window.release(bytes);
    return bytes;
  }
}
