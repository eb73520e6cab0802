import type { Nack } from '../../channel/frames.ts';
import type { Sequence } from '../../../foundation/src/domain/ids.ts';
import { ChangeSignal } from '../../../foundation/src/runtime/change-signal.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { sleepUnlessAborted } from '../../../foundation/src/runtime/wait.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { toSequence } from '../connection/frame-fields.ts';
import type { Acknowledged, DeliveryPosition } from './position.ts';

const CORRUPT_TRIES = 5;
const RETRY_MS = 1_000;

export interface DeliveryOptions {
  readonly clock: Clock;
  /** Called with what an acknowledgement is about. */
  readonly onAcknowledged: (what: Acknowledged) => void;
  /** Called once the control plane has stored the whole attempt. */
  readonly onDelivered: (attempt: Attempt) => void;
  /** Called when a record can never be delivered; the attempt is then dropped. */
  readonly onUndeliverable: (error: RunnerError) => void;
  /** Called when an acknowledgement could not be written; it is retried. */
  readonly onSpoolError: (error: RunnerError) => void;
}

/**
 * What the control plane answers to the batches of one attempt.
 *
 * Invariants: an acknowledgement reaches the outbox only after it came from the control plane; of
 * several that come while one is being written, only the newest is written; the attempt ends only
 * when its last record is acknowledged.
 */
export class Delivery {
  readonly #attempt: Attempt;
  readonly #position: DeliveryPosition;
  readonly #options: DeliveryOptions;
  readonly #noted = new ChangeSignal();
  #acknowledged: Sequence;
  #written: Sequence = 0;

  /** `stored` is the last record that the control plane has. */
  constructor(
    attempt: Attempt,
    stored: Sequence,
    position: DeliveryPosition,
    options: DeliveryOptions,
  ) {
    this.#attempt = attempt;
    this.#acknowledged = stored;
    this.#position = position;
    this.#options = options;
  }

  /** Monotonic time since which the oldest batch waits for an answer. */
  get waitingSince(): number | undefined {
    return this.#position.waitingSince;
  }

  /** Throws PROTOCOL_VIOLATION for records that were not sent. */
  acknowledged(upTo: Sequence): void {
    const acknowledged = this.#position.acknowledge(upTo);
    if (acknowledged === undefined) return;
    this.#options.onAcknowledged(acknowledged);
    this.#acknowledged = upTo;
    this.#noted.notify();
  }

  /**
   * For OUT_OF_ORDER and CORRUPT. Throws PROTOCOL_VIOLATION for a record that cannot be sent again.
   */
  rejected(nack: Nack): void {
    if (nack.code !== 'NACK_CODE_CORRUPT')
      return this.#position.rewindTo(toSequence(nack.expectedSequence));
    this.#position.noteCorrupt();
    if (this.#position.corrupt <= CORRUPT_TRIES) return this.#position.rewindToOldest();
    this.#options.onUndeliverable(
      new RunnerError('PROTOCOL_VIOLATION', 'the control plane keeps rejecting a batch as corrupt'),
    );
  }

  /**
   * Writes acknowledgements to the outbox. Returns when the attempt is gone; otherwise runs until
   * the signal fires.
   */
  async run(signal: AbortSignal): Promise<void> {
    const scope = AbortSignal.any([signal, this.#attempt.gone]);
    const { outbox } = this.#attempt;
    for (;;) {
      const { sequence, complete } = outbox.durable();
      if (complete && this.#acknowledged >= sequence)
        return this.#options.onDelivered(this.#attempt);
      if (this.#attempt.gone.aborted) return;
      if (this.#acknowledged > this.#written) await this.#write(this.#acknowledged, scope);
      else await this.#noted.wait(scope).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  async #write(upTo: Sequence, scope: AbortSignal): Promise<void> {
    try {
      await this.#attempt.outbox.acknowledge(upTo);
      this.#written = upTo;
    } catch (thrown) {
      if (this.#attempt.gone.aborted) return;
      this.#options.onSpoolError(RunnerError.from(thrown));
      await sleepUnlessAborted(this.#options.clock, RETRY_MS, scope);
    }
  }
}
