import { createPrivateKey, sign } from 'node:crypto';
import type { AttemptRef, RunnerId } from '../../foundation/src/domain/ids.ts';
import type { Predecessor } from '../../src/link/connection/predecessor.ts';
import { type Identity, fingerprintOf } from '../../src/link/enrollment/identity.ts';
import { rawPublicKey } from '../../src/link/enrollment/key-files.ts';
import { createLink, type Link } from '../../src/link/link.ts';
import { SpoolOutboxStore } from '../../src/link/outbox/spool-outbox-store.ts';
import { type EpochMemory, openEpochMemory } from '../../src/link/replay/epoch-memory.ts';
import type { LinkTiming } from '../../src/link/timing.ts';
import { createStartWorker } from '../../src/link/workers/start-worker.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Random } from '../../foundation/src/runtime/random.ts';
import type { Machine } from './machine.ts';
import { AUTHORITY, type Network } from './network.ts';
import type { Org, View } from './org.ts';
import type { SimulatedProcess } from './process.ts';
import { Route } from './route.ts';
import type { World } from './world.ts';
import { createFork } from './worker.ts';

const TIMING: Omit<LinkTiming, 'auditHeadMs' | 'auditHeadPauseMs' | 'lastHeadMs'> = {
  handshakeMs: 4_000,
  silenceMs: 3_000,
  acknowledgeMs: 15_000,
  skewMs: 300_000,
  progressMs: 500,
  probeMs: 20_000,
  backoffBaseMs: 500,
  backoffCapMs: 4_000,
  stableMs: 5_000,
  stopMs: 6_000,
  lastDeliveryMs: 3_000,
  leaseMs: 10_000,
  diskFullMs: 15_000,
};
/**
 * Small, so that workers soon pause without delivery, and no batch is compressed in another thread,
 * outside of simulated time.
 */
const MAX_BYTES = 12_000;
const STATE = '/state';
const SPOOL = `${STATE}/spool`;

export interface RunnerDeps {
  readonly network: Network;
  readonly orgOf: (service: string) => Org;
  readonly onBegun: (ref: AttemptRef, service: string) => View;
  readonly capacity: number;
}

/** A runner on a simulated machine, restarted by a service manager when it ends. */
export class Runner {
  readonly machine: Machine;
  readonly identity: Identity;
  readonly route = new Route();
  readonly #deps: RunnerDeps;
  readonly #world: World;
  #link: Link | undefined;
  #process: SimulatedProcess | undefined;
  /** Whether the service manager restarts it when it does not run. */
  wanted = true;
  /** The last boot of its machine that the control plane accepted. */
  #acceptedBoot: number | undefined;
  /** Code of the error that ended the service. */
  endedBy: string | undefined;

  constructor(machine: Machine, identity: Identity, deps: RunnerDeps) {
    this.machine = machine;
    this.identity = identity;
    this.#deps = deps;
    this.#world = machine.world;
  }

  get process(): SimulatedProcess | undefined {
    return this.#process?.alive === true ? this.#process : undefined;
  }

  get connected(): boolean {
    return this.process !== undefined && this.#link?.status().state.name === 'connected';
  }

  get workers(): SimulatedProcess[] {
    return [...this.machine.processes.values()].filter(({ kind }) => kind === 'worker');
  }

  /** Number of attempts that it holds. */
  get held(): number {
    return this.#link?.status().attempts.length ?? 0;
  }

  start(): void {
    if (this.process !== undefined || !this.wanted) return;
    const process = this.machine.spawn('link');
    this.#process = process;
    this.endedBy = undefined;
    process.onDeath(() => {
      this.#link = undefined;
      this.#world.after(this.#world.between(500, 3_000), () => this.start());
    });
    void this.#run(process);
  }

  /** Stops it like a service manager. */
  drain(): void {
    this.process?.deliver(() => this.#link?.drain());
  }

  async #run(process: SimulatedProcess): Promise<void> {
    try {
      this.#link = await this.#compose(process);
      await this.#link.run(NEVER);
      process.kill('exit 0');
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      this.#world.note(`${process.name} ended with ${String(error)}`);
      if (process.alive && !error.retryable) this.endedBy = error.code;
      process.kill(`exit with ${error.code}`);
    }
  }

  async #compose(process: SimulatedProcess): Promise<Link> {
    const { machine, identity, route } = this;
    const { network, capacity, orgOf, onBegun } = this.#deps;
    const { clock } = process;
    const logger = new TraceLogger(this.#world, process.name);
    const random = randomOf(this.#world);
    const store = await this.#openStore(process, logger);
    const startWorker = createStartWorker({
      store,
      entry: 'worker',
      settings: {},
      logger,
      clock,
      env: {},
      processes: machine.table,
      graceMs: 3_000,
      fork: createFork({ machine, link: process, random, orgOf, onBegun }),
    });
    return createLink({
      identity,
      dialers: [network.dialer('ws', route, process), network.dialer('grpc', route, process)],
      store,
      epochs: await this.#openEpochs(process),
      startWorker,
      capacity,
      checkOffer: () => Promise.resolve(undefined),
      jobDeadlineMs: 120_000,
      drainTimeoutMs: 4_000,
      version: '0.0.0',
      platform: 'simulated',
      predecessor: this.#predecessor(),
      logger,
      clock,
      random,
      timing: TIMING,
    });
  }

  async #openStore(process: SimulatedProcess, logger: Logger): Promise<SpoolOutboxStore> {
    const { machine, identity } = this;
    const disk = machine.diskOf(process);
    await disk.makeDirectory(SPOOL);
    await disk.syncDirectory(STATE);
    const options = {
      stateDir: STATE,
      clock: process.clock,
      logger,
      maxBytes: MAX_BYTES,
      disk,
      processes: machine.table,
      owner: identity.runnerId,
    };
    const store = new SpoolOutboxStore(options, SPOOL, { release: () => Promise.resolve() });
    await store.recover();
    return store;
  }

  #openEpochs(process: SimulatedProcess): Promise<EpochMemory> {
    const { machine, identity } = this;
    return openEpochMemory({
      disk: machine.diskOf(process),
      file: `${STATE}/epochs`,
      owner: identity.runnerId,
      clock: process.clock,
    });
  }

  #predecessor(): Predecessor {
    const { machine } = this;
    return {
      hasEnded: this.#acceptedBoot === machine.boot,
      succeed: async () => {
        this.#acceptedBoot = machine.boot;
      },
    };
  }
}

class TraceLogger implements Logger {
  readonly #world: World;
  readonly #name: string;
  readonly #bound: LogData;

  constructor(world: World, name: string, bound: LogData = {}) {
    this.#world = world;
    this.#name = name;
    this.#bound = bound;
  }

  log(level: string, message: string, data: LogData = {}): void {
    this.#world.note(
      `${this.#name} ${level} ${message} ${JSON.stringify({ ...this.#bound, ...data })}`,
    );
  }

  child(data: LogData): Logger {
    return new TraceLogger(this.#world, this.#name, { ...this.#bound, ...data });
  }
}

export function bytesOf(world: World, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => world.below(256)));
}

function randomOf(world: World): Random {
  return {
    fraction: world.fraction,
    bytes: (length) => bytesOf(world, length),
    uuid: () => bytesOf(world, 16).toString('hex'),
  };
}

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The same seed gives the same keys. */
export function identityOf(world: World, name: string): Identity {
  const der = Buffer.concat([PKCS8_ED25519, bytesOf(world, 32)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = rawPublicKey(key);
  const runnerId = `rnr_${name}` as RunnerId;
  const [controlPlaneUrl, fingerprint] = [`wss://${AUTHORITY}`, fingerprintOf(publicKey)];
  const signWith = (message: Uint8Array): Uint8Array => sign(null, message, key);
  return { runnerId, name, controlPlaneUrl, publicKey, fingerprint, sign: signWith };
}
