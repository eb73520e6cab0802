import type { Channel } from '../../channel/channel.ts';
import type { Nack } from '../../channel/frames.ts';
import { attemptKey, type AttemptRef, type Sequence } from '../../../foundation/src/domain/ids.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { TaskGroup } from '../../../foundation/src/runtime/task-group.ts';
import type { Attempt } from '../attempts/attempt.ts';
import type { Attempts } from '../attempts/attempts.ts';
import type { Agreement } from '../connection/handshake.ts';
import { CreditWindow } from './credit-window.ts';
import { Delivery } from './delivery.ts';
import { DeliveryPosition } from './position.ts';
import { Sender } from './sender.ts';

export interface DeliveriesOptions {
  readonly channel: Channel;
  readonly agreement: Agreement;
  readonly attempts: Attempts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How long a batch may wait for its answer, in milliseconds. */
  readonly acknowledgeMs: number;
}

/**
 * The deliveries of one session: for each attempt a loop that sends and one that writes
 * acknowledgements; one window over all.
 */
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

  get(ref: AttemptRef): Delivery | undefined {
    return this.#running.get(attemptKey(ref));
  }

  /** Delivers the records behind `stored`. */
  start(attempt: Attempt, stored: Sequence): void {
    const { attempts, channel, clock, agreement, metrics } = this.#options;
    const position = new DeliveryPosition(stored, this.#window, clock);
    const failures = this.#failuresOf(attempt);
    const delivery = new Delivery(attempt, stored, position, {
      clock,
      ...failures,
      onDelivered: () => attempts.finish(attempt),
      onAcknowledged: ({ records, bytes }) => {
        metrics.count('recordsDelivered', {}, records);
        metrics.count('bytesDelivered', {}, bytes);
      },
    });
    const sender = new Sender(attempt, position, {
      channel,
      clock,
      ...failures,
      window: this.#window,
      maxBatchBytes: agreement.maxBatchBytes,
      zstd: agreement.zstd,
    });
    const startedAt = clock.now();
    this.#running.set(attempt.key, delivery);
    this.#group.start((signal) => delivery.run(signal));
    this.#group.start((signal) =>
      sender.run(signal).finally(() => {
        this.#running.delete(attempt.key);
        attempt.trace?.part('delivery', startedAt, clock.now());
      }),
    );
  }

  #failuresOf(
    attempt: Attempt,
  ): Record<'onUndeliverable' | 'onSpoolError', (error: RunnerError) => void> {
    const { attempts, logger } = this.#options;
    return {
      onUndeliverable: (error) => attempts.drop(attempt, error),
      onSpoolError: (error) =>
        logger.log('error', 'spool failure; retrying', {
          attempt: attempt.key,
          ...errorFields(error),
        }),
    };
  }

  /** Throws PROTOCOL_VIOLATION for an unknown code. */
  rejected(ref: AttemptRef, nack: Nack): void {
    switch (nack.code) {
      case 'NACK_CODE_STALE_EPOCH':
      case 'NACK_CODE_UNKNOWN_RUN':
        return this.#drop(ref, nack);
      case 'NACK_CODE_OUT_OF_ORDER':
      case 'NACK_CODE_CORRUPT':
        return this.get(ref)?.rejected(nack);
      default:
        throw new RunnerError(
          'PROTOCOL_VIOLATION',
          'the control plane rejected a batch with an unknown code',
        );
    }
  }

  /** Throws NETWORK_TIMEOUT when the control plane is alive but does not answer batches. */
  assertMoving(): void {
    const { clock, acknowledgeMs } = this.#options;
    for (const { waitingSince } of this.#running.values()) {
      if (waitingSince !== undefined && clock.monotonic() - waitingSince > acknowledgeMs)
        throw new RunnerError(
          'NETWORK_TIMEOUT',
          `the control plane did not acknowledge a batch within ${acknowledgeMs} ms`,
        );
    }
  }

  #drop(ref: AttemptRef, { code }: Nack): void {
    const attempt = this.#options.attempts.get(ref);
    if (attempt === undefined) return;
    this.#options.attempts.drop(
      attempt,
      new RunnerError('LEASE_LOST', `the control plane rejects records of the attempt (${code})`),
    );
  }
}
