import type { Nack } from '../../channel/frames.ts';
import type { Channel } from '../../channel/channel.ts';
import { attemptKey, type AttemptRef, type Sequence } from '../../domain/ids.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { TaskGroup } from '../../runtime/task-group.ts';
import { Acknowledger } from './acknowledger.ts';
import type { Attempt } from '../attempts/attempt.ts';
import type { Attempts } from '../attempts/attempts.ts';
import { CreditWindow } from './credit-window.ts';
import { Delivery } from './delivery.ts';
import type { Agreement } from '../connection/handshake.ts';

export interface DeliveriesOptions {
  readonly channel: Channel;
  readonly agreement: Agreement;
  readonly attempts: Attempts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a batch may wait for its answer, in milliseconds. */
  readonly acknowledgeMs: number;
}

/** The deliveries of one session: a loop for each attempt that sends, one that acknowledges, one window over all. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #group: TaskGroup;
  readonly #window: CreditWindow;
  readonly #running = new Map<string, Delivery>();

  constructor(options: DeliveriesOptions, group: TaskGroup) {
    this.#options = options;
    this.#group = group;
    this.#window = new CreditWindow(options.agreement.creditBytes);
  }

  get bytesInFlight(): number {
    return this.#window.used;
  }

  /** Delivers what comes after `stored`. */
  start(attempt: Attempt, stored: Sequence): void {
    const { attempts, channel, clock, agreement, logger } = this.#options;
    const trouble = (error: RunnerError): void =>
      logger.log('error', 'the spool fails', { attempt: attempt.key, error: String(error) });
    const acknowledger = new Acknowledger(attempt, {
      clock,
      trouble,
      finish: (done) => attempts.finish(done),
    });
    const delivery = new Delivery(attempt, stored, {
      channel,
      clock,
      trouble,
      window: this.#window,
      maxBatchBytes: agreement.maxBatchBytes,
      zstd: agreement.zstd,
      stored: (upTo) => acknowledger.note(upTo),
      undeliverable: (error) => attempts.drop(attempt, error),
    });
    acknowledger.note(stored);
    this.#running.set(attempt.key, delivery);
    this.#group.start((signal) => acknowledger.run(signal));
    this.#group.start((signal) =>
      delivery.run(signal).finally(() => this.#running.delete(attempt.key)),
    );
  }

  acknowledged(ref: AttemptRef, upTo: Sequence): void {
    this.#running.get(attemptKey(ref))?.acknowledged(upTo);
  }

  /** Throws PROTOCOL_VIOLATION for a code that this side does not know. */
  refused(ref: AttemptRef, nack: Nack): void {
    switch (nack.code) {
      case 'NACK_CODE_STALE_EPOCH':
      case 'NACK_CODE_UNKNOWN_RUN':
        return this.#unwanted(ref, nack);
      case 'NACK_CODE_OUT_OF_ORDER':
      case 'NACK_CODE_CORRUPT':
        return this.#running.get(attemptKey(ref))?.refused(nack);
      default:
        throw new RunnerError(
          'PROTOCOL_VIOLATION',
          'the control plane refused a batch for a reason this runner does not know',
        );
    }
  }

  /** Throws NETWORK_TIMEOUT when the control plane lives but does not answer batches. */
  assertMoving(): void {
    const { clock, acknowledgeMs } = this.#options;
    for (const { waitingSince } of this.#running.values()) {
      if (waitingSince !== undefined && clock.monotonic() - waitingSince > acknowledgeMs)
        throw new RunnerError(
          'NETWORK_TIMEOUT',
          'the control plane does not acknowledge what it is sent',
        );
    }
  }

  #unwanted(ref: AttemptRef, { code }: Nack): void {
    const attempt = this.#options.attempts.get(ref);
    if (attempt !== undefined)
      this.#options.attempts.drop(
        attempt,
        new RunnerError('LEASE_LOST', `the control plane refuses its records (${code})`),
      );
  }
}
