import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createEngine, type Engine } from '../../control-plane/src/engine.ts';
import { ChangeHub } from '../../control-plane/src/runtime/change-hub.ts';
import { ProgressBoard } from '../../control-plane/src/runs/progress-board.ts';
import { cancelRun } from '../../control-plane/src/runs/cancel-run.ts';
import { startPipeline, startTestConnection } from '../../control-plane/src/runs/start-run.ts';
import type { Deps } from '../../control-plane/src/deps.ts';
import { DEFAULT_LIMITS, type Limits } from '../../control-plane/src/limits.ts';
import { openSqliteStore } from '../../control-plane/src/store/sqlite.ts';
import type { StoreReader, Store } from '../../control-plane/src/store/store.ts';
import type { Identity } from '../../src/link/enrollment/identity.ts';
import { TYPE } from './extractor.ts';
import type { Machine } from './machine.ts';
import { AUTHORITY, type Network } from './network.ts';
import { Killed, type SimulatedProcess } from './process.ts';
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
const COMMIT_MS = 8;

/** In memory where there is such a place: the store syncs each commit. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface ControlPlaneEvents {
  /** Called after each commit. */
  readonly committed: (database: DatabaseSync) => void;
  /** Called with each message before it leaves. */
  readonly sending: (message: Buffer, database: DatabaseSync) => void;
}

/** The control plane's own code and store, in a simulated process that can be killed and stopped, with a store that can be put back. */
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
  /** Whether it is started when it does not run. */
  wanted = true;

  constructor(machine: Machine, network: Network, events: ControlPlaneEvents) {
    this.machine = machine;
    this.#network = network;
    this.#events = events;
  }

  get process(): SimulatedProcess | undefined {
    return this.#process?.alive === true ? this.#process : undefined;
  }

  /** Sees what is committed; undefined while it is down. */
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
    const store = openSqliteStore(this.#path);
    const observer = new DatabaseSync(this.#path);
    this.#process = process;
    this.#observer = observer;
    const { clock } = process;
    const patient = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (ms: number, signal: AbortSignal) => clock.sleep(ms, signal).catch(() => undefined),
    };
    const deps: Deps = {
      store: throughProcess(store, process, () => this.#events.committed(observer)),
      clock: patient,
      random: (size) => bytesOf(world, size),
      limits: LIMITS,
      log: traceLog(process),
      changes: new ChangeHub(),
      progress: new ProgressBoard(),
      waits: new Map(),
    };
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
    void engine.run(new AbortController().signal);
    this.#network.listener = {
      process,
      accept: (wire) => engine.accept(wire),
      onSend: (message) => this.#events.sending(message, observer),
    };
  }

  /** Who may connect and what there is to run. */
  async prepare(identities: readonly Identity[], services: readonly string[]): Promise<void> {
    await this.#deps!.store.transaction(async (tx) => {
      for (const { runnerId, name, publicKey } of identities) {
        await tx.runners.save({
          id: runnerId,
          name,
          publicKey: Buffer.from(publicKey, 'base64'),
          version: '0',
          platform: '',
          enrolledAt: 1,
          lastSeenAt: null,
          revokedAt: null,
          drainReason: null,
        });
      }
      for (const service of services) {
        await tx.catalog.saveService({
          name: service,
          displayName: null,
          type: TYPE,
          connection: {},
          runner: null,
          updatedAt: 1,
        });
        await tx.catalog.savePipeline({
          name: service,
          displayName: null,
          service,
          sourceConfig: {},
          loggerLevel: 'INFO',
          deadlineMs: 0,
          updatedAt: 1,
        });
      }
    });
  }

  /** As a person would: nothing comes of it while the control plane is down. */
  startRun(service: string): void {
    this.#request((deps) => startPipeline(deps, service));
  }

  startTest(service: string): void {
    this.#request((deps) => startTestConnection(deps, service));
  }

  cancel(runId: string): void {
    this.#request((deps, { registry }) => cancelRun(deps, registry, runId, 'no longer wanted'));
  }

  backUp(): void {
    if (this.database === undefined) return;
    rmSync(this.#backup, { force: true });
    this.database.exec(`VACUUM INTO '${this.#backup}'`);
    this.machine.world.note('the store is backed up');
  }

  /** Kills it; when it comes back it has the store of the backup. */
  restore(): void {
    const { world } = this.machine;
    if (!existsSync(this.#backup) || this.#restoring) return;
    this.#restoring = true;
    this.process?.kill('killed for a restore');
    // What was being done is rolled back and the store is closed in the turns that follow at once.
    world.after(1, () => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.#path}${suffix}`, { force: true });
      copyFileSync(this.#backup, this.#path);
      world.note('the store is put back as it was backed up');
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
      // A run that has ended in between cannot be cancelled; nobody else refuses anything here.
      work(this.#deps!, this.#engine!).catch((thrown: unknown) =>
        this.machine.world.note(`refused: ${String(thrown)}`),
      );
    });
  }
}

/** Commits take time; a process that dies in a transaction leaves nothing of it, and a dead one reads nothing. */
function throughProcess(store: Store, process: SimulatedProcess, committed: () => void): Store {
  const { world } = process;
  const never = new Promise<never>(() => undefined);
  return {
    read: readsThrough(store.read, process),
    transaction: async (work) => {
      await process.pass('transaction');
      try {
        const result = await store.transaction(async (tx) => {
          await process.passOrThrow('begin');
          const made = await work(tx);
          await process.passOrThrow('commit', world.between(0, COMMIT_MS));
          return made;
        });
        committed();
        await process.pass('committed');
        return result;
      } catch (thrown) {
        if (thrown instanceof Killed || !process.alive) return await never;
        throw thrown;
      }
    },
    close: () => store.close(),
  };
}

function readsThrough(reads: StoreReader, process: SimulatedProcess): StoreReader {
  const never = new Promise<never>(() => undefined);
  const guard = <T extends object>(table: T): T =>
    new Proxy(table, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        return typeof method === 'function'
          ? (...given: unknown[]) =>
              process.alive ? (Reflect.apply(method, target, given) as unknown) : never
          : method;
      },
    });
  return Object.fromEntries(
    Object.entries(reads).map(([name, table]) => [name, guard(table as object)]),
  ) as unknown as StoreReader;
}

function traceLog(process: SimulatedProcess): Deps['log'] {
  const at =
    (level: string) =>
    (data: object, message?: string): void => {
      if (process.alive)
        process.world.note(
          `${process.name} ${level} ${message ?? ''} ${JSON.stringify(data, (_name, value: unknown) => (value instanceof Error ? value.message : value))}`,
        );
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  } as unknown as Deps['log'];
}
