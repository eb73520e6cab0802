import type { Channel } from '../../channel/channel.ts';
import type { Cancel, Frame, FrameBody, IdentityCheck, Nack } from '../../channel/frames.ts';
import type { Logger } from '../../observability/logger.ts';
import { aborted } from '../../runtime/abort.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { printable } from '../../runtime/printable.ts';
import { TaskGroup } from '../../runtime/task-group.ts';
import type { Attempts } from '../attempts/attempts.ts';
import { conditionOf, watchCondition } from './condition.ts';
import { Deliveries } from '../delivery/deliveries.ts';
import type { Agreement } from '../connection/handshake.ts';
import { HeartbeatLoop } from './heartbeat.ts';
import type { Leases } from '../attempts/leases.ts';
import { Offers, rejection, type OffersOptions } from './offers.ts';
import type { Resolution } from './positions.ts';
import { sendProgress } from './progress.ts';
import { refusalError } from '../connection/refusal.ts';
import type { OtherProcess } from '../connection/identity-conflict.ts';
import { toAttemptRef, toSequence } from '../connection/frame-fields.ts';

/** In milliseconds. */
export interface SessionTiming {
  /** How long after a heartbeat the control plane may stay silent. */
  readonly silenceMs: number;
  /** How long a batch may wait for its answer while the link is otherwise alive. */
  readonly acknowledgeMs: number;
  /** Least pause between two progress frames of an attempt. */
  readonly progressMs: number;
  /** Least lease a control plane may give; also used when it names none. */
  readonly leaseMs: number;
}

export interface SessionOptions {
  readonly channel: Channel;
  /** What follows the welcome. */
  readonly frames: AsyncIterator<Frame>;
  readonly agreement: Agreement;
  /** Uptime before the hello was sent. */
  readonly helloAt: number;
  readonly attempts: Attempts;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timing: SessionTiming;
  readonly capacity: number;
  readonly jobDeadlineMs: number;
  readonly checkOffer: OffersOptions['checkOffer'];
  /** Whether the runner is going down. */
  readonly draining: () => boolean;
  /** Called with each process that tried to connect with this identity. */
  readonly contested: (other: OtherProcess) => void;
}

/** One conversation over one channel, from the welcome until either side ends it. All its loops start and end in `run`. */
export class Session {
  readonly #options: SessionOptions;
  readonly #heartbeat: HeartbeatLoop;
  readonly #offers: Offers;
  #deliveries: Deliveries | undefined;
  /** The control plane wants to send no more offers here, for as long as this session lasts. */
  #drainReason: string | undefined;

  constructor(options: SessionOptions) {
    const {
      channel,
      clock,
      attempts,
      leases,
      agreement,
      timing,
      capacity,
      jobDeadlineMs,
      checkOffer,
    } = options;
    const draining = (): boolean => this.#drainReason !== undefined || options.draining();
    this.#options = options;
    this.#offers = new Offers({
      attempts,
      leases,
      clock,
      logger: options.logger,
      capacity,
      jobDeadlineMs,
      checkOffer,
      draining,
      leaseMs: timing.leaseMs,
    });
    this.#heartbeat = new HeartbeatLoop({
      channel,
      clock,
      attempts,
      leases,
      capacity,
      draining,
      helloAt: options.helloAt,
      intervalMs: agreement.heartbeatIntervalMs,
      silenceMs: timing.silenceMs,
      leaseMs: timing.leaseMs,
      condition: () => conditionOf(attempts, this.#offers),
      check: () => this.#deliveries?.assertMoving(),
    });
  }

  /** Why the control plane wants to send no more jobs here; undefined while it does. */
  get drainReason(): string | undefined {
    return this.#drainReason;
  }

  get bytesInFlight(): number {
    return this.#deliveries?.bytesInFlight ?? 0;
  }

  /** Tells the control plane at once that something about this runner changed. */
  announce(): void {
    this.#heartbeat.beatSoon();
  }

  /**
   * Serves until the signal fires, then returns; throws what ended the session otherwise (NETWORK_*, PROTOCOL_VIOLATION,
   * a refusal). The channel is closed either way.
   */
  async run(kept: readonly Resolution[], signal: AbortSignal): Promise<void> {
    const { channel, agreement, attempts, clock, timing, logger } = this.#options;
    const group = new TaskGroup(signal);
    const deliveries = new Deliveries(
      { channel, agreement, attempts, clock, logger, acknowledgeMs: timing.acknowledgeMs },
      group,
    );
    this.#deliveries = deliveries;
    for (const resolution of kept)
      if (resolution.name === 'keep') deliveries.start(resolution.attempt, resolution.stored);
    group.start(() => this.#read(deliveries));
    group.start((scope) => this.#heartbeat.run(scope));
    group.start((scope) =>
      this.#offers.run(channel, (attempt) => deliveries.start(attempt, 0), scope),
    );
    group.start((scope) => watchCondition(attempts, () => this.announce(), scope));
    group.start((scope) => sendProgress(channel, attempts, timing.progressMs, clock, scope));
    group.start(async (scope) => {
      await aborted(scope);
      await channel.close('session ended');
    });
    await group.wait();
  }

  async #read(deliveries: Deliveries): Promise<void> {
    for (;;) {
      const next = await this.#options.frames.next();
      if (next.done === true)
        throw new RunnerError('NETWORK_RESET', 'the control plane closed the link');
      this.#heartbeat.heard();
      await this.#route(next.value, deliveries);
    }
  }

  async #route(frame: Frame, deliveries: Deliveries): Promise<void> {
    switch (frame.kind) {
      case 'heartbeatReply':
        return this.#heartbeat.answered(frame.body);
      case 'offer':
        return await this.#offered(frame.body);
      case 'cancel':
        return this.#cancelled(frame.body);
      case 'drain':
        return this.#drain(frame.body);
      case 'ack':
        return deliveries.get(toAttemptRef(frame.body.ref))?.acknowledged(frame.body.upTo);
      case 'nack':
        return this.#refused(frame.body, deliveries);
      case 'refusal':
        throw refusalError(frame.body);
      case 'identityCheck':
        return this.#identityChecked(frame.body);
      case 'unknown':
        return;
      case 'challenge':
      case 'hello':
      case 'welcome':
      case 'heartbeat':
      case 'progress':
      case 'accept':
      case 'reject':
      case 'batch':
        throw new RunnerError(
          'PROTOCOL_VIOLATION',
          `the control plane sent ${frame.kind} in the middle of a session`,
        );
      default:
        return unreachable(frame);
    }
  }

  #identityChecked({ number, platform, version }: IdentityCheck): void {
    this.#heartbeat.identityChecked(toSequence(number));
    this.#options.contested({
      platform: printable(platform, 200),
      version: printable(version, 100),
    });
  }

  async #offered(offer: FrameBody<'offer'>): Promise<void> {
    if (this.#offers.push(offer, this.#heartbeat.answeredAfter)) return;
    const { channel } = this.#options;
    await channel.send(
      rejection(
        toAttemptRef(offer.ref),
        new RunnerError('AT_CAPACITY', 'too many offers are waiting'),
      ),
      AbortSignal.timeout(this.#options.timing.silenceMs),
    );
  }

  #cancelled({ ref, reason }: Cancel): void {
    const attempt = this.#options.attempts.get(toAttemptRef(ref));
    attempt?.requestStop({
      reason: new RunnerError('CANCELLED', printable(reason) || 'the run was cancelled'),
      status: 'cancelled',
    });
  }

  #drain({ reason }: FrameBody<'drain'>): void {
    this.#drainReason = printable(reason) || 'no reason given';
    this.#options.logger.log('info', 'the control plane sends no more offers', {
      reason: printable(reason),
    });
    this.announce();
  }

  #refused(nack: Nack, deliveries: Deliveries): void {
    const ref = toAttemptRef(nack.ref);
    this.#options.logger.log('warn', 'batch refused', {
      run: ref.runId,
      code: nack.code,
      expected: nack.expectedSequence,
      said: printable(nack.message),
    });
    deliveries.refused(ref, nack);
  }
}

function unreachable(frame: never): never {
  throw new RunnerError('INTERNAL', `no case for ${JSON.stringify(frame)}`);
}
