import type { Channel } from '../../channel/channel.ts';
import type { Cancel, Frame, FrameBody, IdentityCheck, Nack } from '../../channel/frames.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
import { aborted } from '../../../foundation/src/runtime/abort.ts';
import { attemptKey } from '../../../foundation/src/domain/ids.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { printable } from '../../../foundation/src/runtime/printable.ts';
import { TaskGroup } from '../../../foundation/src/runtime/task-group.ts';
import type { Attempts } from '../attempts/attempts.ts';
import type { Leases } from '../attempts/leases.ts';
import { toAttemptRef, toSequence } from '../connection/frame-fields.ts';
import type { Agreement } from '../connection/handshake.ts';
import type { OtherProcess } from '../connection/identity-conflict.ts';
import { refusalError } from '../connection/refusal.ts';
import { Deliveries } from '../delivery/deliveries.ts';
import { conditionOf, watchCondition } from './condition.ts';
import { HeartbeatLoop } from './heartbeat.ts';
import { IdentityUpkeep, type UpkeepOptions } from './identity-upkeep.ts';
import { Offers, rejection, rejectionFacts, type OffersOptions } from './offers.ts';
import type { Resolution } from './positions.ts';
import { sendProgress } from './progress.ts';

/** In milliseconds. */
export interface SessionTiming extends Readonly<UpkeepOptions['timing']> {
  /** How long after a heartbeat the control plane may stay silent. */
  readonly silenceMs: number;
  /** How long a batch may wait for its answer while the link is otherwise alive. */
  readonly acknowledgeMs: number;
  /** Shortest pause between two progress frames of an attempt. */
  readonly progressMs: number;
  /** Duration of a lease that the control plane grants without one. */
  readonly leaseMs: number;
}

/** What every session of a link uses. */
export interface SessionDeps {
  readonly attempts: Attempts;
  readonly epochs: OffersOptions['epochs'];
  readonly trail?: OffersOptions['trail'];
  readonly rejections: OffersOptions['rejections'];
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly timing: SessionTiming;
  readonly capacity: number;
  readonly jobDeadlineMs: number;
  readonly checkOffer: OffersOptions['checkOffer'];
  readonly heads?: UpkeepOptions['heads'];
  readonly keys?: UpkeepOptions['keys'];
  /** Whether the runner is stopping. */
  readonly draining: () => boolean;
  /** Called with each process that tried to connect with this identity. */
  readonly onConflict: (other: OtherProcess) => void;
}

export interface SessionOptions extends SessionDeps {
  readonly channel: Channel;
  /** The frames that follow the welcome. */
  readonly frames: AsyncIterator<Frame>;
  readonly agreement: Agreement;
  /** Uptime before the hello was sent. */
  readonly helloAt: number;
}

/**
 * One conversation over one channel, from the welcome until either side ends it. All its loops
 * start and end in `run`.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #heartbeat: HeartbeatLoop;
  readonly #offers: Offers;
  #deliveries: Deliveries | undefined;
  #upkeep: IdentityUpkeep | undefined;
  #drainReason: string | undefined;

  constructor(options: SessionOptions) {
    const { attempts, agreement, timing } = options;
    const draining = (): boolean => this.#drainReason !== undefined || options.draining();
    this.#options = options;
    this.#offers = new Offers({ ...options, draining, leaseMs: timing.leaseMs });
    this.#heartbeat = new HeartbeatLoop({
      ...options,
      draining,
      intervalMs: agreement.heartbeatIntervalMs,
      silenceMs: timing.silenceMs,
      leaseMs: timing.leaseMs,
      condition: () => conditionOf(attempts, this.#offers),
      check: () => this.#deliveries?.assertMoving(),
    });
  }

  /** Why the control plane sends no more jobs during this session; undefined while it does. */
  get drainReason(): string | undefined {
    return this.#drainReason;
  }

  /** Why this runner should get no work, as heartbeats say; undefined while it may. */
  get condition(): string | undefined {
    return conditionOf(this.#options.attempts, this.#offers) || undefined;
  }

  get bytesInFlight(): number {
    return this.#deliveries?.bytesInFlight ?? 0;
  }

  /** Reports a change of this runner to the control plane at once. */
  announce(): void {
    this.#heartbeat.beatNow();
  }

  /** As `IdentityUpkeep` does. */
  async sendLastHead(signal: AbortSignal): Promise<void> {
    await this.#upkeep?.sendLastHead(signal);
  }

  /**
   * Serves until the signal fires or the key is replaced, then returns; otherwise throws what ended
   * the session (NETWORK_*, PROTOCOL_VIOLATION, a rejection). Closes the channel in either case.
   */
  async run(resolutions: readonly Resolution[], signal: AbortSignal): Promise<void> {
    const { channel, attempts, clock, timing } = this.#options;
    const group = new TaskGroup(signal);
    this.#upkeep = new IdentityUpkeep(this.#options, group);
    const { acknowledgeMs, progressMs } = timing;
    const deliveries = new Deliveries({ ...this.#options, acknowledgeMs }, group);
    this.#deliveries = deliveries;
    for (const resolution of resolutions)
      if (resolution.name === 'keep') deliveries.start(resolution.attempt, resolution.stored);
    group.start(() => this.#read(deliveries));
    group.start((scope) => this.#heartbeat.run(scope));
    group.start((scope) =>
      this.#offers.run(channel, (attempt) => deliveries.start(attempt, 0), scope),
    );
    group.start((scope) => watchCondition(attempts, () => this.announce(), scope));
    group.start((scope) => sendProgress(channel, attempts, progressMs, clock, scope));
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
        throw new RunnerError('NETWORK_RESET', 'the control plane closed the connection');
      this.#heartbeat.noteReceived();
      await this.#route(next.value, deliveries);
    }
  }

  async #route(frame: Frame, deliveries: Deliveries): Promise<void> {
    switch (frame.kind) {
      case 'heartbeatReply':
        return this.#heartbeat.noteReply(frame.body);
      case 'offer':
        return await this.#offer(frame.body);
      case 'cancel':
        return this.#cancel(frame.body);
      case 'drain':
        return this.#drain(frame.body);
      case 'ack':
        return deliveries.get(toAttemptRef(frame.body.ref))?.acknowledged(frame.body.upTo);
      case 'nack':
        return this.#nack(frame.body, deliveries);
      case 'refusal':
        throw refusalError(frame.body);
      case 'identityCheck':
        return this.#checkIdentity(frame.body);
      case 'keyAccepted':
        return await this.#upkeep?.keyAccepted(frame.body.publicKey);
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
      case 'auditHead':
      case 'keyProposal':
        throw new RunnerError(
          'PROTOCOL_VIOLATION',
          `unexpected ${frame.kind} frame during a session`,
        );
      default:
        return unreachable(frame);
    }
  }

  #checkIdentity({ number, platform, version }: IdentityCheck): void {
    this.#heartbeat.noteIdentityCheck(toSequence(number));
    this.#options.onConflict({
      platform: printable(platform, 200),
      version: printable(version, 100),
    });
  }

  async #offer(offer: FrameBody<'offer'>): Promise<void> {
    if (this.#offers.push(offer, this.#heartbeat.answeredAfter)) return;
    const { channel, timing, metrics, rejections, attempts } = this.#options;
    const ref = toAttemptRef(offer.ref);
    const error =
      rejections.answerTo(ref) ?? new RunnerError('AT_CAPACITY', 'too many offers are waiting');
    if (attempts.get(ref) === undefined) rejections.remember(ref, error);
    metrics.count('offers', { answer: error.code });
    // Not awaited: frames are read meanwhile.
    void rejections.record(rejectionFacts(ref, offer, error));
    await channel.send(rejection(ref, error), AbortSignal.timeout(timing.silenceMs));
  }

  #cancel({ ref, reason }: Cancel): void {
    const attempt = this.#options.attempts.get(toAttemptRef(ref));
    attempt?.requestStop({
      reason: new RunnerError('CANCELLED', printable(reason) || 'the run was canceled'),
      status: 'cancelled',
    });
  }

  #drain({ reason }: FrameBody<'drain'>): void {
    this.#drainReason = printable(reason) || 'no reason given';
    this.#options.logger.log('info', 'control plane requested drain', {
      reason: printable(reason),
    });
    this.announce();
  }

  #nack(nack: Nack, deliveries: Deliveries): void {
    const ref = toAttemptRef(nack.ref);
    this.#options.logger.log('warn', 'batch rejected', {
      attempt: attemptKey(ref),
      code: nack.code,
      expectedSequence: nack.expectedSequence,
      error: printable(nack.message),
    });
    deliveries.rejected(ref, nack);
  }
}

function unreachable(frame: never): never {
  throw new RunnerError('INTERNAL', `unhandled frame kind ${(frame as Frame).kind}`);
}
