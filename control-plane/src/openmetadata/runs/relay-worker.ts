/**
 * Writes the results of one run to the server that its pipeline came from. Invariants:
 * - The state in the store says what is to be done next; each step may be repeated, so a restart
 *   between any two of them loses nothing and doubles nothing.
 * - The run counts as a success at the server only when the server has everything.
 * - While a run is written, the mark of the catalog is absent: whatever interrupts it makes the
 *   next run a full run.
 * - Without its deployment a relay ends, since it has no token.
 */
import { Backoff } from '../../../../foundation/src/runtime/backoff.ts';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { refOf } from '../../runs/attempt-ref.ts';
import { cancelRun } from '../../runs/cancel-run.ts';
import { isEnded } from '../../runs/run.ts';
import { DISPATCH } from '../../runtime/change-hub.ts';
import { ControlPlaneError, type ErrorBody } from '../../runtime/errors.ts';
import type { Relay } from '../../store/relay.ts';
import { foundationClock, foundationRandom } from '../server/adapters.ts';
import { isTokenRejected, serverError } from '../server/server-error.ts';
import { tokenVersion } from '../server/token.ts';
import type { RelayDeps } from './relay-deps.ts';
import { RelayLog } from './relay-log.ts';
import { deploymentOf, RelaySession } from './relay-session.ts';
import { release } from './releasing.ts';
import { reportEnd } from './reporting.ts';
import type { RelayStep, SaveRelay } from './relay-step.ts';
import { awaitAttempt, writeAttempt } from './writing.ts';

const BACKOFF = { baseMs: 2000, capMs: 60_000, stableMs: 0 } as const;
/** A rejected token is retried this often even if no deployment brings another. */
const REJECTED_PAUSE_MS = 15 * 60_000;
const TICK_MS = 1000;
/** How often an attempt is written again because some of its records did not arrive. */
const MAX_REPETITIONS = 3;

export class RelayWorker {
  readonly #deps: RelayDeps;
  readonly #runId: string;
  readonly #log: RelayLog;
  readonly #backoff: Backoff;
  #tries = 0;

  constructor(deps: RelayDeps, runId: string) {
    this.#deps = deps;
    this.#runId = runId;
    this.#log = new RelayLog(deps, runId);
    this.#backoff = new Backoff(
      BACKOFF,
      foundationClock(deps.clock),
      foundationRandom(deps.random),
    );
  }

  /** Resolves when the relay has ended, or when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const startedAt = this.#deps.clock.now();
    while (!signal.aborted) {
      const relay = await this.#deps.store.read.relays.get(this.#runId);
      if (relay === undefined) return;
      const { state } = relay.status;
      if (state === 'done' || state === 'failed') return this.#trace(state, startedAt);
      try {
        await this.#next(relay, signal);
      } catch (thrown) {
        if (!signal.aborted) await this.#afterTrouble(thrown, signal);
      }
      await this.#log.flush();
    }
  }

  async #trace(result: 'done' | 'failed', startedAt: number): Promise<void> {
    const { store, clock, tracer } = this.#deps;
    const run = await store.read.runs.get(this.#runId);
    if (run === undefined || run.epoch === 0) return;
    tracer.relayed(refOf(run), { startedAt, endedAt: clock.now() }, result);
  }

  async #next(relay: Relay, signal: AbortSignal): Promise<void> {
    if ((await deploymentOf(this.#deps, relay)) === undefined) return this.#abandonDeleted();
    await this.#withSession(relay, (step) => this.#take(relay, step, signal));
  }

  async #withSession(relay: Relay, work: (step: RelayStep) => Promise<void>): Promise<void> {
    const session = await RelaySession.open(this.#deps, relay);
    const save: SaveRelay = (change) => this.#save(change);
    try {
      await work({ deps: this.#deps, log: this.#log, save, session });
    } finally {
      await session.close();
    }
  }

  /** Takes the relay one state further. */
  async #take(relay: Relay, step: RelayStep, signal: AbortSignal): Promise<void> {
    const { status } = relay;
    switch (status.state) {
      case 'waiting':
        return release(relay, step, signal);
      case 'pending':
        return awaitAttempt(relay, step, signal);
      case 'writing': {
        const lastTry = this.#tries++ >= MAX_REPETITIONS;
        return writeAttempt(relay, { epoch: status.epoch, lastTry }, step, signal);
      }
      case 'reporting':
        return reportEnd(relay, status, step, signal);
      case 'done':
      case 'failed':
        return;
      default:
        return status satisfies never;
    }
  }

  async #abandonDeleted(): Promise<void> {
    await this.#cancel('the pipeline was deleted in OpenMetadata');
    await this.#fail({
      code: 'PIPELINE_DELETED',
      message: 'the pipeline was deleted before OpenMetadata had the results',
      remedy: '',
    });
  }

  /** Stores the error and waits before the next try; fails the relay after `relayPatienceMs`. */
  async #afterTrouble(thrown: unknown, signal: AbortSignal): Promise<void> {
    const { clock, limits } = this.#deps;
    const error = serverError(thrown);
    const relay = await this.#deps.store.read.relays.get(this.#runId);
    const earlier = relay !== undefined && 'trouble' in relay.status ? relay.status.trouble : null;
    const since = earlier?.since ?? clock.now();
    const isPermanent = thrown instanceof RunnerError && thrown.fault === 'permanent';
    if (isPermanent || clock.now() - since > limits.relayPatienceMs) {
      await this.#cancel('writing the results to OpenMetadata failed');
      return this.#fail(error);
    }
    const pause = this.#backoff.pauseAfter(RunnerError.from(thrown));
    const retryInMs = Math.min(pause, limits.relayPauseMaxMs);
    this.#log.log('warn', 'failed to write to OpenMetadata; retrying', {
      code: error.code,
      error: error.message,
      retryInMs,
    });
    await this.#save((current) =>
      'trouble' in current.status
        ? { ...current, status: { ...current.status, trouble: { error, since } } }
        : current,
    );
    await this.#log.flush();
    if (isTokenRejected(thrown)) return this.#untilNewToken(signal);
    await this.#pause(retryInMs, signal);
  }

  async #untilNewToken(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const until = clock.monotonic() + REJECTED_PAUSE_MS;
    const rejected = await this.#tokenVersion();
    while (!signal.aborted && clock.monotonic() < until) {
      if ((await this.#tokenVersion()) !== rejected || (await this.#isStopped())) return;
      await this.#pause(TICK_MS, signal);
    }
  }

  /** Undefined without a deployment. */
  async #tokenVersion(): Promise<string | undefined> {
    const relay = await this.#deps.store.read.relays.get(this.#runId);
    const deployment = relay && (await deploymentOf(this.#deps, relay));
    return deployment && tokenVersion(this.#deps.tokens.of(deployment));
  }

  async #isStopped(): Promise<boolean> {
    return (await this.#deps.store.read.relays.get(this.#runId))?.stopped === true;
  }

  /** A change of the run ends the pause: it may have been stopped. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { changes, clock } = this.#deps;
    await changes.watch(this.#runId).wait(clock, ms, signal);
  }

  async #cancel(reason: string): Promise<void> {
    const { registry } = this.#deps;
    const run = await this.#deps.store.read.runs.get(this.#runId);
    if (run === undefined || isEnded(run.status)) return;
    await cancelRun(this.#deps, registry, this.#runId, reason).catch((thrown: unknown) => {
      if (ControlPlaneError.from(thrown).code !== 'CONFLICT') throw thrown;
    });
  }

  async #fail(error: ErrorBody): Promise<void> {
    this.#log.log('error', 'abandoned writing to OpenMetadata', {
      code: error.code,
      error: error.message,
    });
    const endedAt = this.#deps.clock.now();
    await this.#save((relay) => ({ ...relay, status: { state: 'failed', error, endedAt } }));
  }

  /** The only writer of the relay’s state. Returns the relay as saved. */
  async #save(change: Parameters<SaveRelay>[0]): Promise<Relay> {
    const { store, changes } = this.#deps;
    const saved = await store.transaction(async (tx) => {
      const relay = await tx.relays.get(this.#runId);
      const run = await tx.runs.get(this.#runId);
      if (relay === undefined || run === undefined)
        throw new ControlPlaneError('NOT_FOUND', `run ${this.#runId} does not exist`);
      const next = await change(relay, tx, run);
      await tx.relays.save(next);
      return { before: relay.status.state, next };
    });
    if (saved.before !== saved.next.status.state) changes.changed(DISPATCH);
    changes.changed(this.#runId);
    return saved.next;
  }
}
