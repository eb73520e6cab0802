/** Schedules in simulated time, with the real store. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Deps } from '../src/deps.ts';
import { DEFAULT_LIMITS } from '../src/limits.ts';
import { ChangeHub, DISPATCH, SCHEDULES } from '../src/runtime/change-hub.ts';
import type { Clock } from '../src/runtime/clock.ts';
import { ProgressBoard } from '../src/runs/progress-board.ts';
import { end, type EndState, type Run } from '../src/runs/run.ts';
import { saveSchedule } from '../src/schedules/saving.ts';
import { Scheduler } from '../src/schedules/scheduler.ts';
import { StartFailures } from '../src/schedules/start-failures.ts';
import { noTracer } from '../src/telemetry/run-tracer.ts';
import { starterByOrigin, type ScheduledStarter } from '../src/schedules/starter.ts';
import type { ScheduleSettings } from '../src/store/schedule.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import type { Store } from '../src/store/store.ts';
import { temporaryFolder } from './stage.ts';

const PIPELINE = 'crm';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Time that passes only when told. */
export class SimulatedClock implements Clock {
  #monotonic = 0;
  #offset: number;
  readonly #timers = new Set<Timer>();

  constructor(now: number) {
    this.#offset = now;
  }

  now(): number {
    return this.#offset + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Sets the wall clock forward or back. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = { at: this.#monotonic + ms, fire: () => finish() };
      const finish = (): void => {
        this.#timers.delete(timer);
        resolve();
      };
      if (signal.aborted) return resolve();
      this.#timers.add(timer);
      signal.addEventListener('abort', finish, { once: true });
    });
  }

  /** Lets time pass, with everything that waits for it. */
  async pass(ms: number): Promise<void> {
    const until = this.#monotonic + ms;
    await settled();
    for (;;) {
      const [next] = [...this.#timers].toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > until) break;
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.fire();
      await settled();
    }
    this.#monotonic = until;
    await settled();
  }
}

/** Lets everything run that does not wait for time: the store answers within microtasks. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class ScheduleStage {
  readonly clock: SimulatedClock;
  readonly store: Store;
  readonly deps: Deps;
  /** How the run of a slot is started; may be replaced. */
  starter: ScheduledStarter;
  readonly #folder = temporaryFolder();
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(now: number) {
    this.clock = new SimulatedClock(now);
    this.store = openSqliteStore(join(this.#folder.path, 'store.sqlite'));
    this.deps = this.#newDeps();
    this.starter = starterByOrigin(this.deps);
  }

  #newDeps(): Deps {
    return {
      store: this.store,
      clock: this.clock,
      random: randomBytes,
      limits: DEFAULT_LIMITS,
      log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }),
      changes: new ChangeHub(),
      progress: new ProgressBoard(),
      waits: new Map(),
      startFailures: new StartFailures(),
      tracer: noTracer,
    };
  }

  async prepare(
    origin: { readonly endpoint: string; readonly id: string } | null = null,
  ): Promise<void> {
    await this.store.transaction(async (tx) => {
      const common = { displayName: null, origin, updatedAt: 1 };
      await tx.definitions.saveService({
        ...common,
        name: 'sandbox',
        type: 'Salesforce',
        connection: {},
        runner: null,
        pool: 'eu',
      });
      await tx.definitions.savePipeline({
        ...common,
        name: PIPELINE,
        service: 'sandbox',
        sourceConfig: {},
        loggerLevel: 'INFO',
        deadlineMs: 0,
      });
    });
  }

  async schedule(settings: Partial<ScheduleSettings>): Promise<void> {
    const all = {
      pipeline: PIPELINE,
      expression: null,
      timezone: 'UTC',
      startAt: null,
      endAt: null,
      paused: false,
      retries: 0,
      retryDelayMs: 0,
      ...settings,
    };
    await this.store.transaction((tx) => saveSchedule(tx, all, this.clock.now()));
    this.deps.changes.changed(SCHEDULES);
    await settled();
  }

  async startScheduler(): Promise<void> {
    this.#stop = new AbortController();
    const scheduler = new Scheduler(this.deps, (...call) => this.starter(...call));
    this.#running = scheduler.run(this.#stop.signal);
    await settled();
  }

  async stopScheduler(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Ends the scheduler without waiting for a start that hangs. */
  async killScheduler(): Promise<void> {
    this.#stop.abort();
    await settled();
  }

  /** All runs, oldest first. */
  async runs(): Promise<Run[]> {
    return (await this.store.read.runs.list({ limit: 10_000 })).toReversed();
  }

  /** The slots that have started, as minutes of UTC, with the number of the repetition. */
  async slots(): Promise<string[]> {
    return (await this.runs()).map(({ slot }) =>
      slot === null
        ? 'manual'
        : `${new Date(slot.at).toISOString().slice(0, 16)}${slot.retry === 0 ? '' : ` +${slot.retry}`}`,
    );
  }

  async endRuns(state: EndState = 'success'): Promise<void> {
    for (const run of await this.store.read.runs.active())
      await this.store.transaction((tx) => tx.runs.save(end(run, state, this.clock.now(), null)));
    this.deps.changes.changed(DISPATCH);
    await settled();
  }

  async close(): Promise<void> {
    await this.killScheduler();
    await this.store.close();
    this.#folder.remove();
  }
}
