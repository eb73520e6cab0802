import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { SinkProgress } from '../../../../openmetadata/src/sink/write-summary.ts';
import type { Run } from '../../runs/run.ts';
import type { Relay } from '../../store/relay.ts';
import { putPipelineStatus } from '../server/pipeline-status.ts';
import { deploymentOf } from './relay-session.ts';
import { runningStatus } from './relay-status.ts';
import type { RelayStep } from './relay-step.ts';

const TICK_MS = 1000;
/** Interim statuses are events at the server: not more often than this. */
const REPORT_MS = 10_000;
/** In these states of the run its attempt is still wanted. */
const WANTED: ReadonlySet<string> = new Set([
  'running',
  'success',
  'partialSuccess',
  'failed',
  'expired',
]);

/** The latest word of the sink; undefined before its first. */
export interface Seen {
  progress: SinkProgress | undefined;
}

export interface Supervised extends RelayStep {
  readonly relay: Relay;
  readonly epoch: number;
  readonly seen: Seen;
}

/**
 * Watches over the writing of an attempt: ends it when the attempt is abandoned, the run is stopped
 * or the pipeline is deleted, and reports its progress.
 */
export class Supervisor {
  readonly #supervised: Supervised;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #loggedAt: number;
  #logged: SinkProgress | undefined;

  constructor(supervised: Supervised) {
    this.#supervised = supervised;
    this.#loggedAt = supervised.deps.clock.monotonic();
  }

  async over<T>(
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | 'interrupted'> {
    const finished = new AbortController();
    const interrupted = new AbortController();
    const watching = this.#watch(interrupted, finished.signal, signal);
    try {
      return await work(AbortSignal.any([signal, interrupted.signal]));
    } catch (thrown) {
      if (interrupted.signal.aborted && !signal.aborted) return 'interrupted';
      throw thrown;
    } finally {
      // The last interim status is waited for: one that is cut off may arrive after the final one.
      finished.abort();
      await watching;
    }
  }

  async #watch(
    interrupted: AbortController,
    finished: AbortSignal,
    signal: AbortSignal,
  ): Promise<void> {
    const { deps, relay } = this.#supervised;
    const over = AbortSignal.any([finished, interrupted.signal, signal]);
    while (!over.aborted) {
      const watch = deps.changes.watch(relay.runId);
      try {
        const run = await this.#wantedRun();
        if (run === undefined)
          interrupted.abort(
            new RunnerError('ABORTED', 'the attempt was abandoned or the run stopped'),
          );
        else await this.#report(run, signal);
      } catch (thrown) {
        if (!signal.aborted)
          deps.log.warn({ err: thrown, run: relay.runId }, 'failed to supervise a relay');
      }
      await watch.wait(deps.clock, TICK_MS, over);
    }
  }

  /** Undefined when the attempt is not to be written any more. */
  async #wantedRun(): Promise<Run | undefined> {
    const { deps, epoch, relay } = this.#supervised;
    const { read } = deps.store;
    const current = await read.relays.get(relay.runId);
    const run = await read.runs.get(relay.runId);
    if (current === undefined || current.stopped || run === undefined) return undefined;
    if ((await deploymentOf(deps, relay)) === undefined) return undefined;
    return run.epoch === epoch && WANTED.has(run.status.state) ? run : undefined;
  }

  /** Logs new progress in the log of the run, at most once in `relayProgressMs`. */
  async #logProgress(): Promise<void> {
    const { deps, log, seen } = this.#supervised;
    const now = deps.clock.monotonic();
    const { progress } = seen;
    if (progress === undefined || progress === this.#logged) return;
    if (now - this.#loggedAt < deps.limits.relayProgressMs) return;
    this.#loggedAt = now;
    this.#logged = progress;
    const { received, done } = progress.tables;
    log.log('info', 'writing to OpenMetadata', { tables: done, received });
    await log.flush();
  }

  async #report(run: Run, signal: AbortSignal): Promise<void> {
    await this.#logProgress();
    const { deps, relay, session, save, seen } = this.#supervised;
    if (deps.clock.monotonic() - this.#reportedAt < REPORT_MS) return;
    this.#reportedAt = deps.clock.monotonic();
    const { progress } = seen;
    const status = runningStatus(relay, run.startedAt, deps.progress.get(run.id), progress);
    try {
      await putPipelineStatus(session.api, relay.pipelineFqn, status, signal);
    } catch {
      // The next one says more; what keeps the server from answering shows in the writing.
      return;
    }
    await save((current) => ({
      ...current,
      counts: progress?.counts ?? current.counts,
      status:
        current.status.state === 'writing' ? { ...current.status, trouble: null } : current.status,
    }));
  }
}
