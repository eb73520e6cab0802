import { expect } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createLedger } from '../../src/spool/ledger.ts';
import { SpoolReader } from '../../src/spool/reader.ts';
import { emptySpool, recover } from '../../src/spool/recover.ts';
import { SpoolWriter } from '../../src/spool/writer.ts';
import { fractions } from './property-runs.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import type { Command } from './spool-commands.ts';

export const directory = '/attempt';

/** A clock whose sleeps end at once. */
export const immediateClock: Clock = {
  now: () => 0,
  monotonic: () => 0,
  uptime: () => 0,
  sleep: (_ms, signal) =>
    new Promise((resolve, reject) =>
      setImmediate(() => (signal.aborted ? reject(RunnerError.from(signal.reason)) : resolve())),
    ),
};

/**
 * The spool, compared with a model at each step: a list of lines, and two positions in the list.
 */
export class ModeledSpool {
  readonly #machine: SimulatedDisk;
  #disk: Disk;
  #lines: Buffer[] = [];
  #durable = 0;
  #acknowledged = 0;
  #writer: SpoolWriter;
  #reader: SpoolReader;

  constructor(machine: SimulatedDisk) {
    this.#machine = machine;
    this.#disk = machine.untilCrash();
    this.#writer = this.#newWriter(1);
    this.#reader = new SpoolReader({ disk: this.#disk, directory, found: emptySpool });
  }

  async apply(step: Command): Promise<void> {
    switch (step.do) {
      case 'append':
        return await this.#append(step.size);
      case 'flush':
        return await this.#flush();
      case 'read':
        return await this.#read(step.bytes);
      case 'acknowledge':
        return await this.#acknowledge(step.share);
      case 'restart':
        return await this.#reopen();
      case 'crash':
        return await this.#crash(step);
      case 'fill':
        return await this.#fill(step);
    }
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#read(Number.MAX_SAFE_INTEGER);
    await this.#reopen();
    expect(this.#lines.length).toBe(this.#durable);
    await this.#writer.close();
  }

  #newWriter(next: number): SpoolWriter {
    const writer = new SpoolWriter({
      disk: this.#disk,
      directory,
      clock: immediateClock,
      next,
      segmentBytes: 2500,
      groupBytes: 1000,
      pendingBytes: 100_000,
    });
    writer.onDurable((durable) => (this.#durable = durable));
    return writer;
  }

  async #append(size: number): Promise<void> {
    const line = Buffer.alloc(size, this.#lines.length + 1);
    this.#lines.push(line);
    expect(await this.#writer.append(line, { last: false }, NEVER)).toBe(this.#lines.length);
  }

  async #flush(): Promise<void> {
    await this.#writer.flush(NEVER);
    expect(this.#durable).toBe(this.#lines.length);
  }

  async #read(bytes: number): Promise<void> {
    this.#reader.advance({
      sequence: this.#durable,
      bytes: this.#writer.bytes,
      complete: false,
      segment: this.#writer.segment,
    });
    const [from, durable] = [this.#acknowledged + 1, this.#durable];
    const batch = await this.#reader.read(from, bytes);
    if (from > durable) return expect(batch).toBeUndefined();
    const expected = this.#lines.slice(from - 1, from - 1 + batch!.lines.length);
    expect(Buffer.concat(batch!.lines).equals(Buffer.concat(expected))).toBe(true);
    expect(batch!.lines.length === 1 || Buffer.concat(batch!.lines).length <= bytes).toBe(true);
  }

  async #acknowledge(share: number): Promise<void> {
    this.#reader.advance({
      sequence: this.#durable,
      bytes: this.#writer.bytes,
      complete: false,
      segment: this.#writer.segment,
    });
    const upTo = this.#acknowledged + Math.floor(share * (this.#durable - this.#acknowledged));
    this.#acknowledged = upTo;
    await this.#reader.acknowledge(upTo);
    if (upTo === this.#durable && this.#durable === this.#lines.length)
      expect(this.#reader.bytes).toBe(0);
  }

  async #fill({ room, sizes }: Command & { do: 'fill' }): Promise<void> {
    const [first = 600, ...more] = sizes;
    this.#machine.capacity = this.#machine.used + room;
    await this.#append(first);
    const flushing = this.#writer.flush(NEVER);
    await pass(60);
    for (const size of more) await this.#append(size);
    // Records acknowledged while the disk is full are deleted at once, including the open segment.
    if (more.length % 2 === 0) await this.#acknowledge(1);
    this.#machine.capacity = Number.POSITIVE_INFINITY;
    await flushing;
  }

  async #crash({ power, sizes, steps, again }: Command & { do: 'crash' }): Promise<void> {
    await this.#read(Number.MAX_SAFE_INTEGER);
    for (const size of sizes) await this.#append(size);
    this.#reader.advance({
      sequence: this.#durable,
      bytes: this.#writer.bytes,
      complete: false,
      segment: this.#writer.segment,
    });
    const middle = this.#acknowledged + Math.ceil((this.#durable - this.#acknowledged) / 2);
    const acknowledging = this.#reader.acknowledge(middle).catch(() => undefined);
    this.#acknowledged = middle;
    await pass(steps);
    this.#end(power);
    await acknowledging;
    if (again) {
      const recovering = recover(this.#disk, directory).catch(() => undefined);
      await pass(steps);
      this.#end(power);
      await recovering;
    }
    await this.#reopen();
  }

  #end(power: boolean): void {
    if (power) this.#machine.crash();
    else this.#machine.killPrograms();
    this.#disk = this.#machine.untilCrash();
  }

  /** Records reported durable are there; of those only appended, the oldest may be. */
  async #reopen(): Promise<void> {
    const reported = this.#durable;
    await this.#reader.close().catch(() => undefined);
    await this.#writer.close().catch(() => undefined);
    const found = await recover(this.#disk, directory);
    expect(found.durable).toBeGreaterThanOrEqual(reported);
    expect(found.durable).toBeLessThanOrEqual(this.#lines.length);
    expect(found.acknowledged).toBeLessThanOrEqual(this.#acknowledged);
    this.#lines = this.#lines.slice(0, found.durable);
    this.#durable = found.durable;
    this.#acknowledged = found.acknowledged;
    this.#writer = this.#newWriter(found.durable + 1);
    this.#reader = new SpoolReader({ disk: this.#disk, directory, found });
    await this.#read(Number.MAX_SAFE_INTEGER);
  }
}

/** Lets so many microtasks pass. */
async function pass(steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) await Promise.resolve();
}

/** A disk with an empty attempt. */
export async function newSpoolDisk(seed: number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(fractions(seed));
  await disk.makeDirectory(directory);
  await createLedger(disk, directory);
  await disk.syncDirectory(directory);
  return disk;
}
