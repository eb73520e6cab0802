import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { noMetrics } from '../../foundation/src/logging/metrics.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { type ForwarderOptions, SyslogForwarder } from '../../src/audit/syslog/forwarder.ts';
import { createAuditTrail, type TrailOptions } from '../../src/audit/trail.ts';
import { verifyTrail } from '../../src/audit/verify.ts';
import { SteppedClock } from './stepped-clock.ts';
import { SERVER, SyslogServer } from './syslog-server.ts';

/** A trail, a syslog server that gets it, and what sends it. */
export class SyslogScene {
  readonly stateDir: string;
  readonly directory: string;
  readonly server: SyslogServer;
  /** What was logged, by message. */
  readonly messages: string[] = [];
  gaps = 0;
  #stop = new AbortController();
  #running = Promise.resolve();

  private constructor(stateDir: string, server: SyslogServer) {
    this.stateDir = stateDir;
    this.directory = join(stateDir, 'audit');
    this.server = server;
  }

  static async open(options: Parameters<typeof SyslogServer.start>[0] = {}): Promise<SyslogScene> {
    const stateDir = await mkdtemp(join(tmpdir(), 'syslog-'));
    return new SyslogScene(stateDir, await SyslogServer.start(options));
  }

  async close(): Promise<void> {
    await this.stop();
    await this.server.close();
    await rm(this.stateDir, { recursive: true });
  }

  /** Records events of different lengths; few at a time, so that files do not become too large. */
  async record(count: number, options: Partial<TrailOptions> = {}): Promise<void> {
    for (let from = 0; from < count; from += 50) {
      const some = Array.from({ length: Math.min(50, count - from) }, (_, index) =>
        'é'.repeat(9 * index),
      );
      await this.recordAll(some, options);
    }
  }

  async recordAll(fillers: readonly string[], options: Partial<TrailOptions> = {}): Promise<void> {
    const place = { directory: this.directory, disk: nodeDisk, clock: systemClock };
    const trail = createAuditTrail({ ...place, ...options });
    await Promise.all(fillers.map((filler) => trail.record({ event: 'test', filler })));
  }

  connect(signal: AbortSignal): Promise<Duplex> {
    const unannouncedEnd = (): RunnerError => new RunnerError('NETWORK_RESET', 'no close_notify');
    const tls = { unannouncedEnd };
    return this.server.connect()(SERVER, { signal, timeoutMs: 60_000, tls });
  }

  /** As a process that has just started. */
  start(changes: Partial<ForwarderOptions> = {}): SyslogForwarder {
    const logger: Logger = {
      log: (_level, message) => void this.messages.push(message),
      child: () => logger,
    };
    const forwarder = new SyslogForwarder({
      place: { directory: this.directory, disk: nodeDisk, clock: new SteppedClock() },
      stateDir: this.stateDir,
      server: SERVER,
      origin: { facility: 'audit', hostname: 'host-1' },
      open: (signal) => this.connect(signal),
      random: { ...systemRandom, fraction: () => 0 },
      logger,
      metrics: { ...noMetrics, count: () => void (this.gaps += 1) },
      ...changes,
    });
    this.#stop = new AbortController();
    this.#running = forwarder.run(this.#stop.signal);
    return forwarder;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async sendsAll(changes: Partial<ForwarderOptions> = {}): Promise<void> {
    const forwarder = this.start(changes);
    await this.until(async () => (await forwarder.backlog()).lines === 0);
    await this.stop();
  }

  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await holds())) await delay(5);
  }

  /** The numbers of the lines that have arrived, in that order. */
  numbers(): number[] {
    return this.#texts().map((text) => numberOf(text));
  }

  /** Names of the files of the trail. */
  async files(): Promise<string[]> {
    const names = await readdir(this.directory);
    return names.filter((name) => name.endsWith('.jsonl')).toSorted();
  }

  async verifyReceived(): Promise<void> {
    expect(this.server.faults).toEqual([]);
    await verifyCopy(this.#texts(), this.directory);
  }

  /** The lines of the trail, without the headers before them. */
  #texts(): readonly string[] {
    return this.server.messages.map((message) => message.slice(message.indexOf('{')));
  }
}

/** `audit verify` finds that what has arrived, each line once, is the trail in the directory. */
export async function verifyCopy(texts: readonly string[], directory: string): Promise<void> {
  const byNumber = new Map(texts.map((text) => [numberOf(text), `${text}\n`]));
  const copy = await mkdtemp(join(tmpdir(), 'copy-'));
  const [first] = byNumber.keys();
  const name = `audit-${String(first).padStart(12, '0')}.jsonl`;
  await writeFile(join(copy, name), [...byNumber.values()].join(''));
  const report = await verifyTrail(nodeDisk, copy);
  await rm(copy, { recursive: true });
  const { end } = await verifyTrail(nodeDisk, directory);
  expect(report).toMatchObject({ problems: [], end, lines: byNumber.size });
}

export function numberOf(text: string): number {
  return (JSON.parse(text) as { readonly number: number }).number;
}

/** 1 to `last`. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
