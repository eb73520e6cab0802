import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createEngine, type Engine } from '../../control-plane/src/engine.ts';
import { ChangeHub } from '../../control-plane/src/runtime/change-hub.ts';
import { StartFailures } from '../../control-plane/src/schedules/start-failures.ts';
import { noTracer } from '../../control-plane/src/telemetry/run-tracer.ts';
import { ProgressBoard } from '../../control-plane/src/runs/progress-board.ts';
import { cancelRun } from '../../control-plane/src/runs/cancel-run.ts';
import { startPipeline, startStepJob } from '../../control-plane/src/runs/start-run.ts';
import type { Deps } from '../../control-plane/src/deps.ts';
import { DEFAULT_LIMITS, type Limits } from '../../control-plane/src/limits.ts';
import { openSqliteStore } from '../../control-plane/src/store/sqlite.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import type { Identity } from '../../src/link/enrollment/identity.ts';
import { storeOf, traceLog } from './control-plane-deps.ts';
import type { Machine } from './machine.ts';
import { AUTHORITY, type Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';
import { TYPE } from './org-records.ts';
import { bytesOf } from './runner.ts';

const LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  leaseTtlMs: 12_000,
  heartbeatIntervalMs: 2_500,
  handshakeTimeoutMs: 4_000,
  identityCheckMs: 1_200,
  retryOfferMs: 1_000,
  retryPauseMs: 3_000,
  retryPauseMaxMs: 12_000,
  maxAttempts: 6,
};

/** In memory where possible, since the store syncs each commit. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface ControlPlaneEvents {
  /** Called after each commit. */
  readonly onCommitted: (database: DatabaseSync) => void;
  /** Called with each message before it is sent. */
  readonly onSend: (message: Buffer, database: DatabaseSync) => void;
}

/**
 * The real control plane with its store in a simulated process, which can be killed and stopped,
 * and whose store can be restored.
 */
export class ControlPlaneHost {
  readonly machine: Machine;
  readonly #network: Network;
  readonly #events: ControlPlaneEvents;
  readonly #folder = mkdtempSync(join(PLACE, 'hybrid-simulation-'));
  #process: SimulatedProcess | undefined;
  #deps: Deps | undefined;
  #engine: Engine | undefined;
  #restoring = false;
  #close: () => void = () => undefined;
  #observer: DatabaseSync | undefined;
  /** Whether it is restarted when it does not run. */
  wanted = true;

  constructor(machine: Machine, network: Network, events: ControlPlaneEvents) {
    this.machine = machine;
    this.#network = network;
    this.#events = events;
  }

  get process(): SimulatedProcess | undefined {
    return this.#process?.alive === true ? this.#process : undefined;
  }

  /** Reads committed data; undefined while it is down. */
  get database(): DatabaseSync | undefined {
    return this.process === undefined ? undefined : this.#observer;
  }

  get #path(): string {
    return join(this.#folder, 'store.sqlite');
  }

  get #backup(): string {
    return join(this.#folder, 'backup.sqlite');
  }

  start(): void {
    if (this.process !== undefined || !this.wanted || this.#restoring) return;
    const { world } = this.machine;
    const process = this.machine.spawn('control plane');
    const store = openSqliteStore(this.#path, { gather: () => Promise.resolve() });
    const observer = new DatabaseSync(this.#path);
    this.#process = process;
    this.#observer = observer;
    const deps = depsOf(
      process,
      storeOf(process, store, () => this.#events.onCommitted(observer)),
    );
    this.#deps = deps;
    const engine = createEngine(deps, new Set([AUTHORITY]));
    this.#engine = engine;
    this.#close = () => {
      observer.close();
      void store.close();
    };
    process.onDeath(() => {
      this.#close();
      world.after(world.between(500, 4_000), () => this.start());
    });
    void engine.run(NEVER);
    this.#network.listener = {
      process,
      accept: (wire) => engine.accept(wire),
      onSend: (message) => this.#events.onSend(message, observer),
    };
  }

  /** Adds runners, and a service with a pipeline for each name. */
  async prepare(identities: readonly Identity[], services: readonly string[]): Promise<void> {
    await this.#deps!.store.transaction(async (tx) => {
      for (const { runnerId, name, publicKey } of identities) {
        await tx.runners.save({
          id: runnerId,
          name,
          nextPublicKey: null,
          keySince: 0,
          publicKey: Buffer.from(publicKey, 'base64'),
          version: '0',
          platform: '',
          enrolledAt: 1,
          lastSeenAt: null,
          revokedAt: null,
          drainReason: null,
          pool: 'default',
        });
      }
      for (const service of services) {
        await tx.definitions.saveService({
          name: service,
          displayName: null,
          type: TYPE,
          connection: {},
          runner: null,
          pool: null,
          origin: null,
          updatedAt: 1,
        });
        await tx.definitions.savePipeline({
          name: service,
          displayName: null,
          service,
          sourceConfig: {},
          loggerLevel: 'INFO',
          deadlineMs: 0,
          origin: null,
          updatedAt: 1,
        });
      }
    });
  }

  /** Has no effect while the control plane is down. */
  startRun(service: string): void {
    this.#request((deps) => startPipeline(deps, service));
  }

  startTest(service: string): void {
    this.#request((deps) => startStepJob(deps, 'test_connection', service));
  }

  cancel(runId: string): void {
    this.#request((deps, { registry }) => cancelRun(deps, registry, runId, 'no longer wanted'));
  }

  backUp(): void {
    if (this.database === undefined) return;
    rmSync(this.#backup, { force: true });
    this.database.exec(`VACUUM INTO '${this.#backup}'`);
    this.machine.world.note('store backed up');
  }

  /** Kills the process and restarts it with the store of the backup. */
  restore(): void {
    const { world } = this.machine;
    if (!existsSync(this.#backup) || this.#restoring) return;
    this.#restoring = true;
    this.process?.kill('killed for a restore');
    // Open transactions are rolled back and the store is closed before this.
    world.after(1, () => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.#path}${suffix}`, { force: true });
      copyFileSync(this.#backup, this.#path);
      world.note('store restored from the backup');
      this.#restoring = false;
      world.after(world.between(100, 4_000), () => this.start());
    });
  }

  remove(): void {
    this.wanted = false;
    this.process?.kill('the end');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #request(work: (deps: Deps, engine: Engine) => Promise<unknown>): void {
    this.process?.deliver(() => {
      // A run that has ended meanwhile cannot be canceled; nothing else is rejected here.
      work(this.#deps!, this.#engine!).catch((thrown: unknown) =>
        this.machine.world.note(`refused: ${String(thrown)}`),
      );
    });
  }
}

function depsOf(process: SimulatedProcess, store: Deps['store']): Deps {
  const { clock, world } = process;
  return {
    store,
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (ms, signal) => clock.sleep(ms, signal).catch(() => undefined),
    },
    random: (size) => bytesOf(world, size),
    limits: LIMITS,
    log: traceLog(process),
    changes: new ChangeHub(),
    progress: new ProgressBoard(),
    waits: new Map(),
    startFailures: new StartFailures(),
    tracer: noTracer,
  };
}
