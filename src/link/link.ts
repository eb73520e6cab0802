import { noAuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { noMetrics, type Metrics } from '../../foundation/src/logging/metrics.ts';
import { noTracer, type Tracer } from '../../foundation/src/logging/tracer.ts';
import { aborted } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Events } from '../../foundation/src/runtime/event-count.ts';
import { TaskGroup } from '../../foundation/src/runtime/task-group.ts';
import type { Attempt } from './attempts/attempt.ts';
import { Attempts } from './attempts/attempts.ts';
import { drain, stopWorkers } from './attempts/drain.ts';
import { Leases } from './attempts/leases.ts';
import { recordEnd } from './attempts/end-of-attempt.ts';
import { writeOutcome } from './attempts/outcome.ts';
import { recoverAttempts, stoppedError } from './attempts/recovery.ts';
import { runAttempt, type RunDeps } from './attempts/supervise-attempt.ts';
import { IdentityWatch } from './connection/identity-conflict.ts';
import { Supervisor, type ReadyChannel, type SupervisorOptions } from './connection/supervisor.ts';
import { NO_HISTORY } from './history/history.ts';
import { statusOf, type LinkState, type LinkStatus } from './health/link-status.ts';
import { establishSession, type EstablishDeps } from './session/establish.ts';
import { RejectionRecords } from './session/rejection-records.ts';
import type { Session } from './session/session.ts';
import type { LinkOptions } from './options.ts';
import { DEFAULT_TIMING, type LinkTiming } from './timing.ts';

export interface Link {
  /**
   * Recovers, connects and serves until drained or until the signal fires. Workers are then stopped
   * as interrupted, and undelivered records stay on disk. Throws RUNNER_REVOKED, RUNNER_UNKNOWN,
   * SIGNATURE_INVALID or PROTOCOL_UNSUPPORTED when the control plane has ended the service.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Takes no offers, lets attempts finish, then ends `run`. A second call shortens every wait. */
  drain(): void;
  status(): LinkStatus;
  /** The ends of workers. */
  readonly ended: Events;
}

export function createLink(options: LinkOptions): Link {
  return new RunnerLink(options);
}

class RunnerLink implements Link {
  readonly #options: LinkOptions & { readonly metrics: Metrics; readonly tracer: Tracer };
  readonly #timing: LinkTiming;
  readonly #bootId: string;
  readonly #attempts: Attempts;
  readonly #leases: Leases;
  readonly #supervisor: Supervisor;
  readonly #identityWatch: IdentityWatch;
  readonly #rejections: RejectionRecords;
  readonly #drainRequested = new AbortController();
  readonly #hurry = new AbortController();
  readonly #stopping = new AbortController();
  #session: Session | undefined;
  #stopped: LinkState | undefined;

  constructor(options: LinkOptions) {
    const { clock, random, logger } = options;
    this.#options = { metrics: noMetrics, tracer: noTracer, ...options };
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#bootId = random.uuid();
    this.#identityWatch = new IdentityWatch(clock, logger);
    this.#rejections = new RejectionRecords(options.trail ?? noAuditTrail, clock);
    this.#attempts = new Attempts({
      ...options,
      signal: this.#stopping.signal,
      run: (attempt, job) => runAttempt(attempt, job, this.#runDeps()),
    });
    this.#leases = new Leases(
      clock,
      (ref) => this.#leaseLost(ref),
      (ref, endsAt) => this.#attempts.get(ref)?.leaseUntil(endsAt),
    );
    this.#supervisor = new Supervisor({
      ...this.#options,
      timing: this.#timing,
      establish: (...channel) => this.#establish(...channel),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const open = await recoverAttempts(this.#attempts, this.#runDeps());
    for (const { ref } of this.#attempts.all()) this.#options.epochs.begun(ref);
    const group = new TaskGroup(signal);
    for (const attempt of open) group.start((scope) => this.#closeRecovered(attempt, scope));
    group.start((scope) => this.#supervisor.run(scope));
    group.start((scope) => this.#leases.run(scope));
    group.start((scope) => this.#rejections.run(scope));
    group.start((scope) => this.#drainOnRequest(group, scope));
    try {
      await group.wait();
      this.#stopped = { name: 'stopped' };
    } catch (thrown) {
      this.#stopped = { name: 'stopped', error: RunnerError.from(thrown).toFailure() };
      throw thrown;
    } finally {
      await this.#end();
    }
  }

  async #closeRecovered(attempt: Attempt, signal: AbortSignal): Promise<void> {
    const deps = { ...this.#runDeps(), signal };
    await writeOutcome(attempt, deps, stoppedError());
    await recordEnd(attempt, deps);
  }

  drain(): void {
    if (this.#drainRequested.signal.aborted)
      this.#hurry.abort(new RunnerError('RUNNER_STOPPED', 'stop requested twice'));
    this.#drainRequested.abort(new RunnerError('DRAINING', 'stop requested'));
    this.#session?.announce();
  }

  get ended(): Events {
    return this.#attempts.ended;
  }

  status(): LinkStatus {
    const { identity, capacity } = this.#options;
    const { conflict } = this.#identityWatch;
    const drainReason = this.#drainReason();
    const condition = this.#session?.condition;
    return {
      state: this.#state(),
      ...(drainReason === undefined ? {} : { drainReason }),
      ...(condition === undefined ? {} : { condition }),
      ...(conflict === undefined ? {} : { identityConflict: conflict }),
      runnerId: identity.runnerId,
      fingerprint: identity.fingerprint,
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

  /** A drain by the control plane lasts as long as the session in which it was requested. */
  #drainReason(): string | undefined {
    return this.#supervisor.state.name === 'connected' ? this.#session?.drainReason : undefined;
  }

  #draining(): boolean {
    return this.#drainRequested.signal.aborted;
  }

  async #drainOnRequest(group: TaskGroup, signal: AbortSignal): Promise<void> {
    await aborted(AbortSignal.any([signal, this.#drainRequested.signal]));
    if (signal.aborted) return;
    const { clock, logger, drainTimeoutMs } = this.#options;
    const { stopMs, lastDeliveryMs } = this.#timing;
    const hurry = AbortSignal.any([this.#hurry.signal, signal]);
    await drain({
      attempts: this.#attempts,
      clock,
      logger,
      timeoutMs: drainTimeoutMs,
      stopMs,
      lastDeliveryMs,
      hurry,
    });
    await this.#session?.sendLastHead(hurry);
    group.stop(new RunnerError('RUNNER_STOPPED', 'drained'));
  }

  async #end(): Promise<void> {
    this.#stopping.abort(new RunnerError('RUNNER_STOPPED', 'the link has ended'));
    const { clock } = this.#options;
    await stopWorkers({ attempts: this.#attempts, clock, stopMs: this.#timing.stopMs });
    if (this.#revoked()) this.#dropAll();
    await this.#attempts.settled();
  }

  #revoked(): boolean {
    return this.#stopped?.name === 'stopped' && this.#stopped.error?.code === 'RUNNER_REVOKED';
  }

  /** No control plane accepts records of a revoked identity; a later one must not deliver them. */
  #dropAll(): void {
    const reason = new RunnerError('RUNNER_REVOKED', 'the control plane has revoked this runner');
    for (const attempt of this.#attempts.all()) this.#attempts.drop(attempt, reason);
  }

  #leaseLost(ref: Attempt['ref']): void {
    const attempt = this.#attempts.get(ref);
    // A finished attempt needs no lease: the control plane decides whether it is still wanted.
    if (attempt?.working !== true || attempt.outbox.durable().complete) return;
    const message = 'the lease expired before it was renewed';
    this.#attempts.drop(attempt, new RunnerError('LEASE_LOST', message));
  }

  async #establish(
    ...[channel, frames, authority, signal]: Parameters<SupervisorOptions['establish']>
  ): Promise<ReadyChannel> {
    const deps = this.#establishDeps();
    const { agreement, session, resolutions } = await establishSession(
      channel,
      frames,
      authority,
      deps,
      signal,
    );
    this.#session = session;
    return {
      agreement,
      bytesInFlight: () => session.bytesInFlight,
      serve: (scope) => session.run(resolutions, scope),
    };
  }

  #establishDeps(): EstablishDeps {
    return {
      ...this.#options,
      bootId: this.#bootId,
      timing: this.#timing,
      skewMs: this.#timing.skewMs,
      attempts: this.#attempts,
      leases: this.#leases,
      rejections: this.#rejections,
      draining: () => this.#draining(),
      onConflict: (other) => this.#identityWatch.noteConflict(other),
    };
  }

  #runDeps(): RunDeps {
    return {
      history: NO_HISTORY,
      ...this.#options,
      diskFullMs: this.#timing.diskFullMs,
      onChange: () => this.#attempts.changed.notify(),
      signal: this.#stopping.signal,
    };
  }
}
