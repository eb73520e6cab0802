import type { Channel, Dialer } from '../channel/channel.ts';
import type { Frame, HeldAttempt } from '../channel/frames.ts';
import type { Job } from '../domain/job.ts';
import type { Logger } from '../observability/logger.ts';
import { aborted } from '../runtime/abort.ts';
import type { Clock } from '../runtime/clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';
import { TaskGroup } from '../runtime/task-group.ts';
import type { Attempt } from './attempts/attempt.ts';
import { close, live, type LifeOptions } from './attempts/attempt-life.ts';
import { Attempts } from './attempts/attempts.ts';
import { drain, stopWorkers } from './attempts/drain.ts';
import { handshake } from './connection/handshake.ts';
import type { Identity } from './enrollment/identity.ts';
import { IdentityWatch } from './connection/identity-conflict.ts';
import { Leases } from './attempts/leases.ts';
import type { AttemptStatus, LinkState, LinkStatus } from './health/link-status.ts';
import type { OutboxStore } from './outbox/outbox.ts';
import { resolvePositions } from './session/positions.ts';
import { recover, stoppedAtWork } from './attempts/recovery.ts';
import { Session } from './session/session.ts';
import { Supervisor, type Handshaken } from './connection/supervisor.ts';
import { DEFAULT_TIMING, type LinkTiming } from './timing.ts';
import type { StartWorker } from './workers/worker-handle.ts';

export interface LinkOptions {
  readonly identity: Identity;
  /** The kinds of channel that may be used, preferred first. */
  readonly dialers: readonly Dialer[];
  readonly store: OutboxStore;
  readonly startWorker: StartWorker;
  /** Attempts at work at once. */
  readonly capacity: number;
  /** The local policy's word on an offer: why not, or undefined. */
  readonly checkOffer: (job: Job) => Promise<RunnerError | undefined>;
  /** Longest that any attempt may run, in milliseconds. */
  readonly jobDeadlineMs: number;
  /** How long a drain lets attempts go on, in milliseconds. */
  readonly drainTimeoutMs: number;
  /** Of this program, and for people: "linux x64, Node 24.21.0". */
  readonly version: string;
  readonly platform: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly timing?: Partial<LinkTiming>;
}

export interface Link {
  /**
   * Recovers, connects and serves until drained or until the signal fires (then workers are stopped as interrupted and
   * what is undelivered stays on disk). Throws RUNNER_REVOKED, RUNNER_UNKNOWN, SIGNATURE_INVALID or PROTOCOL_UNSUPPORTED
   * when the control plane has ended the service for good.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Takes no more offers, lets attempts finish, then ends `run`. A second call shortens every wait. */
  drain(): void;
  status(): LinkStatus;
}

export function createLink(options: LinkOptions): Link {
  return new RunnerLink(options);
}

class RunnerLink implements Link {
  readonly #options: LinkOptions;
  readonly #timing: LinkTiming;
  readonly #bootId: string;
  readonly #attempts: Attempts;
  readonly #leases: Leases;
  readonly #supervisor: Supervisor;
  readonly #identityWatch: IdentityWatch;
  readonly #drainAsked = new AbortController();
  readonly #hurry = new AbortController();
  readonly #stopping = new AbortController();
  #session: Session | undefined;
  #stopped: LinkState | undefined;

  constructor(options: LinkOptions) {
    const { clock, random, logger, dialers, store, capacity } = options;
    this.#options = options;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#bootId = random.uuid();
    this.#identityWatch = new IdentityWatch(clock, logger);
    this.#attempts = new Attempts({
      store,
      capacity,
      clock,
      logger,
      signal: this.#stopping.signal,
      live: (attempt, job) => live(attempt, job, this.#lifeOptions()),
    });
    this.#leases = new Leases(
      clock,
      (ref) => this.#leaseEnded(ref),
      (ref, endsAt) => this.#attempts.get(ref)?.leaseUntil(endsAt),
    );
    this.#supervisor = new Supervisor({
      dialers,
      clock,
      random,
      logger,
      timing: this.#timing,
      introduce: (channel, frames, authority, signal) =>
        this.#introduce(channel, frames, authority, signal),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { store, logger } = this.#options;
    const open = await recover(store, this.#attempts, logger);
    const group = new TaskGroup(signal);
    for (const attempt of open)
      group.start((scope) =>
        close(attempt, { ...this.#lifeOptions(), signal: scope }, stoppedAtWork()),
      );
    group.start((scope) => this.#supervisor.run(scope));
    group.start((scope) => this.#leases.run(scope));
    group.start((scope) => this.#drainWhenAsked(group, scope));
    try {
      await group.wait();
      this.#stopped = { name: 'stopped' };
    } catch (thrown) {
      this.#stopped = { name: 'stopped', error: RunnerError.from(thrown).toFailure() };
      throw thrown;
    } finally {
      this.#stopping.abort(new RunnerError('RUNNER_STOPPED', 'the link has ended'));
      await stopWorkers({
        attempts: this.#attempts,
        clock: this.#options.clock,
        stopMs: this.#timing.stopMs,
      });
      if (this.#revoked()) this.#dropAll();
      await this.#attempts.settled();
    }
  }

  #lifeOptions(): LifeOptions {
    const { store, startWorker, clock, logger } = this.#options;
    return {
      store,
      startWorker,
      clock,
      logger,
      diskFullMs: this.#timing.diskFullMs,
      changed: () => this.#attempts.changed.notify(),
      signal: this.#stopping.signal,
    };
  }

  #revoked(): boolean {
    return this.#stopped?.name === 'stopped' && this.#stopped.error?.code === 'RUNNER_REVOKED';
  }

  /** Nobody takes the records of a revoked identity, and no later identity may deliver them. */
  #dropAll(): void {
    for (const attempt of this.#attempts.all())
      this.#attempts.drop(
        attempt,
        new RunnerError('RUNNER_REVOKED', 'the control plane has revoked this runner'),
      );
  }

  drain(): void {
    if (this.#drainAsked.signal.aborted)
      this.#hurry.abort(new RunnerError('RUNNER_STOPPED', 'asked to stop twice'));
    this.#drainAsked.abort(new RunnerError('DRAINING', 'asked to stop'));
    this.#session?.announce();
  }

  status(): LinkStatus {
    const { identity, capacity } = this.#options;
    return {
      state: this.#state(),
      ...this.#drainedBy(),
      ...this.#contested(),
      runnerId: identity.runnerId,
      name: identity.name,
      capacity,
      running: this.#attempts.working(),
      spoolBytes: this.#attempts.spoolBytes(),
      attempts: this.#attempts.all().map(statusOf),
    };
  }

  #state(): LinkState {
    if (this.#stopped !== undefined) return this.#stopped;
    const connection = this.#supervisor.state;
    return this.#draining() ? { name: 'draining', connection } : connection;
  }

  /** A drain by the control plane lasts as long as the session in which it was asked for. */
  #drainedBy(): Pick<LinkStatus, 'drainReason'> {
    const reason =
      this.#supervisor.state.name === 'connected' ? this.#session?.drainReason : undefined;
    return reason === undefined ? {} : { drainReason: reason };
  }

  #contested(): Pick<LinkStatus, 'identityConflict'> {
    const { conflict } = this.#identityWatch;
    return conflict === undefined ? {} : { identityConflict: conflict };
  }

  #draining(): boolean {
    return this.#drainAsked.signal.aborted;
  }

  async #drainWhenAsked(group: TaskGroup, signal: AbortSignal): Promise<void> {
    await aborted(AbortSignal.any([signal, this.#drainAsked.signal]));
    if (signal.aborted) return;
    const { clock, logger, drainTimeoutMs } = this.#options;
    const { stopMs, lastDeliveryMs } = this.#timing;
    await drain({
      attempts: this.#attempts,
      clock,
      logger,
      timeoutMs: drainTimeoutMs,
      stopMs,
      lastDeliveryMs,
      hurry: AbortSignal.any([this.#hurry.signal, signal]),
    });
    group.stop(new RunnerError('RUNNER_STOPPED', 'drained'));
  }

  #leaseEnded(ref: Attempt['ref']): void {
    const attempt = this.#attempts.get(ref);
    // A finished attempt needs no lease: the control plane decides whether it is still wanted.
    if (attempt?.working === true && !attempt.outbox.durable().complete)
      this.#attempts.drop(
        attempt,
        new RunnerError('LEASE_LOST', 'the lease ran out before it was renewed'),
      );
  }

  async #introduce(
    channel: Channel,
    frames: AsyncIterator<Frame>,
    authority: string,
    signal: AbortSignal,
  ): Promise<Handshaken> {
    const { identity, version, platform, capacity, clock, logger, jobDeadlineMs, checkOffer } =
      this.#options;
    const held = this.#attempts.all().filter(({ state }) => state.name !== 'gone');
    const self = {
      version,
      platform,
      bootId: this.#bootId,
      capacity,
      draining: this.#draining(),
      held: held.map(describe),
    };
    const helloAt = clock.uptime();
    const agreement = await handshake(channel, frames, authority, identity, self, signal);
    this.#warnOfSkew(agreement.serverTimeMs);
    const resolutions = resolvePositions(held, agreement.positions);
    for (const resolution of resolutions)
      if (resolution.name === 'drop') this.#attempts.drop(resolution.attempt, resolution.reason);
    const session = new Session({
      channel,
      frames,
      agreement,
      helloAt,
      attempts: this.#attempts,
      leases: this.#leases,
      clock,
      logger,
      timing: this.#timing,
      capacity,
      jobDeadlineMs,
      checkOffer,
      draining: () => this.#draining(),
      contested: (other) => this.#identityWatch.contested(other),
    });
    this.#session = session;
    return {
      agreement,
      bytesInFlight: () => session.bytesInFlight,
      serve: (scope) => session.run(resolutions, scope),
    };
  }

  #warnOfSkew(serverTimeMs: number): void {
    const skewMs = this.#options.clock.now() - serverTimeMs;
    if (Math.abs(skewMs) > this.#timing.skewMs)
      this.#options.logger.log(
        'warn',
        'the clocks of this machine and of the control plane differ',
        { skewMs },
      );
  }
}

function describe({ ref, outbox, working }: Attempt): HeldAttempt {
  const { sequence, complete } = outbox.durable();
  return {
    ref,
    durableSequence: sequence,
    acknowledgedSequence: outbox.acknowledged(),
    running: working,
    complete,
  };
}

function statusOf({ ref, state, progress, condition, outbox }: Attempt): AttemptStatus {
  return {
    ref,
    state: state.name,
    durableSequence: outbox.durable().sequence,
    acknowledgedSequence: outbox.acknowledged(),
    ...(state.name === 'running' ? { pid: state.worker.pid } : {}),
    ...(progress === undefined ? {} : { progress }),
    ...(condition === undefined ? {} : { condition }),
  };
}
