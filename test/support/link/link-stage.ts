import { generateKeyPairSync, sign } from 'node:crypto';
import { expect } from 'vitest';
import type { Dialer } from '../../../src/channel/channel.ts';
import { channelOver, MemoryDialer } from '../../../src/channel/memory.ts';
import type { AttemptRef, RunId, RunnerId } from '../../../foundation/src/domain/ids.ts';
import { fingerprintOf, type Identity } from '../../../src/link/enrollment/identity.ts';
import { rawPublicKey } from '../../../src/link/enrollment/key-files.ts';
import { createLink, type Link } from '../../../src/link/link.ts';
import type { LinkOptions } from '../../../src/link/options.ts';
import type { LogData, Logger } from '../../../foundation/src/logging/logger.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { ControlPlaneDouble } from './control-plane-double.ts';
import { MemoryEpochs } from './memory-epochs.ts';
import { MemoryOutboxStore } from './memory-outbox.ts';
import { type ScriptedWorker, ScriptedWorkers } from './scripted-workers.ts';

export const AUTHORITY = 'plane.example.com:443';

export function ref(runId: string, attempt = 1, epoch = 1): AttemptRef {
  return { runId: runId as RunId, attempt, epoch };
}

export function testIdentity(): Identity {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    runnerId: 'runner-1' as RunnerId,
    name: 'test',
    controlPlaneUrl: `wss://${AUTHORITY}`,
    publicKey: rawPublicKey(privateKey),
    fingerprint: fingerprintOf(rawPublicKey(privateKey)),
    sign: (message) => sign(null, message, privateKey),
  };
}

class MemoryLogger implements Logger {
  readonly entries: { level: string; message: string; data: LogData }[] = [];

  log(level: string, message: string, data: LogData = {}): void {
    this.entries.push({ level, message, data });
  }

  child(): Logger {
    return this;
  }
}

const random: Random = {
  fraction: () => 0.5,
  bytes: (length) => new Uint8Array(length),
  uuid: () => 'boot-1',
};

/**
 * A whole link on a simulated clock, with a control plane, a store and workers that a test
 * controls.
 */
export class LinkStage {
  readonly clock: SimulatedClock;
  readonly identity: Identity;
  readonly controlPlane: ControlPlaneDouble;
  readonly store: MemoryOutboxStore;
  readonly workers = new ScriptedWorkers();
  readonly logger = new MemoryLogger();
  readonly link: Link;
  readonly stop = new AbortController();
  readonly options: LinkOptions;
  dials = 0;
  /** Thrown by the dialer while set. */
  unreachable: Error | undefined;
  #ended: { error?: unknown } | undefined;

  /** `before` is the stage of an earlier process of the same runner that has ended. */
  constructor(
    options: Partial<LinkOptions> = {},
    store = new MemoryOutboxStore(),
    before?: LinkStage,
  ) {
    this.clock = before?.clock ?? new SimulatedClock();
    this.identity = before?.identity ?? testIdentity();
    this.controlPlane =
      before?.controlPlane ?? new ControlPlaneDouble(AUTHORITY, this.identity.publicKey);
    this.store = store;
    this.controlPlane.now = () => this.clock.now();
    this.options = {
      identity: this.identity,
      dialers: [this.dialer()],
      store: this.store,
      epochs: before?.options.epochs ?? new MemoryEpochs(),
      startWorker: this.workers.start,
      capacity: 2,
      checkOffer: async () => undefined,
      jobDeadlineMs: 6 * 3_600_000,
      drainTimeoutMs: 300_000,
      version: '1.2.3',
      platform: 'test',
      predecessor: { hasEnded: true, succeed: () => Promise.resolve() },
      logger: this.logger,
      clock: this.clock,
      random,
      ...options,
    };
    this.link = createLink(this.options);
  }

  dialer(): Dialer {
    const memory = new MemoryDialer(AUTHORITY, this.clock, (wire, codec) =>
      this.controlPlane.accept(channelOver(wire, codec, this.clock)),
    );
    return {
      kind: 'memory',
      authority: AUTHORITY,
      dial: async (signal) => {
        this.dials += 1;
        if (this.unreachable !== undefined) throw this.unreachable;
        return await memory.dial(signal);
      },
    };
  }

  start(): this {
    void this.link.run(this.stop.signal).then(
      () => (this.#ended = {}),
      (error: unknown) => (this.#ended = { error }),
    );
    return this;
  }

  get ended(): { error?: unknown } | undefined {
    return this.#ended;
  }

  get connected(): boolean {
    return this.link.status().state.name === 'connected';
  }

  /** Lets time pass in small steps until the condition holds; fails the test when it never does. */
  async until(what: string, holds: () => boolean, stepMs = 20, steps = 1_500): Promise<void> {
    for (let step = 0; step < steps; step++) {
      if (holds()) return;
      await this.clock.advance(stepMs);
      if (step % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error(
      `never happened: ${what}\n${this.logger.entries
        .slice(-10)
        .map((entry) => JSON.stringify(entry))
        .join('\n')}`,
    );
  }

  async untilConnected(): Promise<this> {
    await this.until('connected', () => this.connected);
    return this;
  }

  /** Offers a run and waits until its worker runs. */
  async startRun(run: AttemptRef): Promise<ScriptedWorker> {
    await this.controlPlane.offer(run);
    await this.until('started', () => this.link.status().attempts[0]?.state === 'running');
    return this.workers.of(run);
  }

  async untilForgotten(stepMs?: number): Promise<void> {
    await this.until('forgotten', () => this.store.held().length === 0, stepMs);
  }

  /** The last record of a run that the control plane has. */
  outcomeOf(run: AttemptRef): unknown {
    return JSON.parse(this.controlPlane.stream(run).lines.at(-1)!);
  }

  async close(): Promise<void> {
    this.stop.abort();
    for (const worker of this.workers.started) {
      worker.kill();
      worker.exit();
    }
    await this.until('stopped', () => this.#ended !== undefined);
  }
}

/**
 * Expects that the control plane has every record of the worker once, in order, and its outcome.
 */
export function expectDelivered(stage: LinkStage, worker: ScriptedWorker): void {
  const { lines, complete } = stage.controlPlane.stream(worker.ref);
  expect(lines.map((line) => `${line}\n`)).toEqual(worker.outbox.lines);
  expect(complete).toBe(true);
}
