import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  double,
  integer,
  nat,
  oneof,
  record,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/runtime/clock.ts';
import { RunnerError } from '../../src/runtime/errors.ts';
import type { Disk } from '../../src/runtime/disk.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { SpoolOutbox } from '../../src/link/outbox/spool-outbox.ts';
import { createAttempt } from '../../src/spool/journal.ts';
import { createLedger } from '../../src/spool/ledger.ts';
import { SpoolReader } from '../../src/spool/reader.ts';
import { emptySpool, recover, segments } from '../../src/spool/recover.ts';
import { segmentName } from '../../src/spool/segment.ts';
import { SpoolWriter } from '../../src/spool/writer.ts';
import { fractions, runs } from '../support/property-runs.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';

const never = new AbortController().signal;
const directory = '/attempt';

/** Time that is always up. */
const impatientClock: Clock = {
  now: () => 0,
  monotonic: () => 0,
  uptime: () => 0,
  sleep: (_ms, signal) =>
    new Promise((resolve, reject) =>
      setImmediate(() => (signal.aborted ? reject(RunnerError.from(signal.reason)) : resolve())),
    ),
};

type Command =
  | { readonly do: 'append'; readonly size: number }
  | { readonly do: 'flush' }
  | { readonly do: 'read'; readonly bytes: number }
  | { readonly do: 'acknowledge'; readonly share: number }
  | { readonly do: 'restart' }
  /** The end comes a while after an acknowledgement and some appends have begun: of power, or of the program alone. */
  | {
      readonly do: 'crash';
      readonly power: boolean;
      readonly sizes: readonly number[];
      readonly turns: number;
      readonly again: boolean;
    }
  /** The disk runs full while a group is on its way, more is appended meanwhile, then there is room again. */
  | { readonly do: 'fill'; readonly room: number; readonly sizes: readonly number[] };

const sizes = array(integer({ min: 1, max: 1500 }), { maxLength: 4 });

const command: Arbitrary<Command> = oneof(
  {
    weight: 8,
    arbitrary: record({
      do: constant('append' as const),
      size: oneof(integer({ min: 1, max: 60 }), integer({ min: 400, max: 1800 })),
    }),
  },
  { weight: 3, arbitrary: record({ do: constant('flush' as const) }) },
  {
    weight: 3,
    arbitrary: record({ do: constant('read' as const), bytes: integer({ min: 1, max: 3000 }) }),
  },
  {
    weight: 3,
    arbitrary: record({
      do: constant('acknowledge' as const),
      share: double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: record({ do: constant('restart' as const) }) },
  {
    weight: 3,
    arbitrary: record({
      do: constant('crash' as const),
      power: boolean(),
      sizes,
      turns: oneof(integer({ min: 0, max: 15 }), integer({ min: 0, max: 120 })),
      again: boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: record({
      do: constant('fill' as const),
      room: integer({ min: 0, max: 1500 }),
      sizes,
    }),
  },
);

/** The real spool beside the model of it: a list of lines, and two positions in the list. */
class SpoolBesideModel {
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
      clock: impatientClock,
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
    expect(await this.#writer.append(line, { last: false }, never)).toBe(this.#lines.length);
  }

  async #flush(): Promise<void> {
    await this.#writer.flush(never);
    expect(this.#durable).toBe(this.#lines.length);
  }

  async #read(bytes: number): Promise<void> {
    this.#reader.advance(this.#durable, this.#writer.bytes, false, this.#writer.segment);
    const [from, durable] = [this.#acknowledged + 1, this.#durable];
    const batch = await this.#reader.read(from, bytes);
    if (from > durable) return expect(batch).toBeUndefined();
    const expected = this.#lines.slice(from - 1, from - 1 + batch!.lines.length);
    expect(Buffer.concat(batch!.lines).equals(Buffer.concat(expected))).toBe(true);
    expect(batch!.lines.length === 1 || Buffer.concat(batch!.lines).length <= bytes).toBe(true);
  }

  async #acknowledge(share: number): Promise<void> {
    this.#reader.advance(this.#durable, this.#writer.bytes, false, this.#writer.segment);
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
    const flushing = this.#writer.flush(never);
    await pass(60);
    for (const size of more) await this.#append(size);
    // What is acknowledged while the disk is full goes at once, the open segment included.
    if (more.length % 2 === 0) await this.#acknowledge(1);
    this.#machine.capacity = Number.POSITIVE_INFINITY;
    await flushing;
  }

  async #crash({ power, sizes, turns, again }: Command & { do: 'crash' }): Promise<void> {
    await this.#read(Number.MAX_SAFE_INTEGER);
    for (const size of sizes) await this.#append(size);
    this.#reader.advance(this.#durable, this.#writer.bytes, false, this.#writer.segment);
    const middle = this.#acknowledged + Math.ceil((this.#durable - this.#acknowledged) / 2);
    const acknowledging = this.#reader.acknowledge(middle).catch(() => undefined);
    this.#acknowledged = middle;
    await pass(turns);
    this.#end(power);
    await acknowledging;
    if (again) {
      const recovering = recover(this.#disk, directory).catch(() => undefined);
      await pass(turns);
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

  /** What was reported durable is there; what was only appended may be, from the front. */
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

/** Lets that many steps of promises pass. */
async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
}

async function newDisk(seed: number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(fractions(seed));
  await disk.makeDirectory(directory);
  await createLedger(disk, directory);
  await disk.syncDirectory(directory);
  return disk;
}

describe('the spool, beside a model of it', () => {
  it('keeps its promise over appends, reads, acknowledgements, full disks, restarts and crashes', async () => {
    await assert(
      asyncProperty(
        nat(),
        array(command, { minLength: 1, maxLength: 25 }),
        async (seed, commands) => {
          const spool = new SpoolBesideModel(await newDisk(seed));
          for (const step of commands) await spool.apply(step);
          await spool.end();
        },
      ),
      { numRuns: runs(250) },
    );
  });

  it('never takes a flipped bit for data, and tells damage from a torn tail', async () => {
    await assert(
      asyncProperty(
        array(integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 12 }),
        double({ min: 0, max: 0.999, noNaN: true }),
        async (sizes, where) => {
          const disk = await newDisk(1);
          const writer = new SpoolWriter({
            disk,
            directory,
            clock: impatientClock,
            segmentBytes: 800,
          });
          const lines = sizes.map((size, index) => Buffer.alloc(size, index + 1));
          for (const line of lines) {
            await writer.append(line, { last: false }, never);
            await writer.flush(never);
          }
          await writer.close();
          const firsts = await segments(disk, directory);
          const hit = firsts[Math.floor(where * firsts.length)]!;
          const path = `${directory}/${segmentName(hit)}`;
          disk.damage(path, Math.floor(where * (await (await disk.open(path, 'read')).size())));
          const found = await recover(disk, directory).catch((thrown: unknown) =>
            RunnerError.from(thrown),
          );
          // Only the very last group can pass for torn: no later one vouches for it.
          if (found instanceof RunnerError) expect(found.code).toBe('SPOOL_CORRUPT');
          else expect(found.durable).toBe(lines.length - 1);
          const saved = await recover(disk, directory, { salvage: true });
          const reader = new SpoolReader({ disk, directory, found: saved });
          const batch = await reader.read(1, Number.MAX_SAFE_INTEGER);
          expect(batch?.lines ?? []).toEqual(lines.slice(0, saved.durable));
        },
      ),
      { numRuns: runs(60) },
    );
  });
});

async function newOutbox(disk: Disk): Promise<SpoolOutbox> {
  const journal = {
    ref: { runId: 'run' as RunId, attempt: 1, epoch: 1 },
    kind: 'metadata',
    createdAt: 0,
  } as const;
  const directory = await createAttempt(disk, '/spool', journal);
  const ignore = (): void => undefined;
  return new SpoolOutbox({
    disk,
    directory,
    journal,
    found: emptySpool,
    onMoved: ignore,
    onDiscarded: ignore,
  });
}

/** An attempt that has filled its disk: nine records are durable in segments of three, the tenth waits for room. */
async function fullDisk(
  seed: number,
): Promise<{ disk: SimulatedDisk; spool: SpoolOutbox; writer: SpoolWriter }> {
  const disk = await newDisk(seed);
  await disk.makeDirectory('/spool');
  const spool = await newOutbox(disk);
  const writer = new SpoolWriter({
    clock: impatientClock,
    disk,
    directory: spool.directory,
    segmentBytes: 4000,
    retryMs: 1,
  });
  writer.onDurable((durable) => spool.advance(durable, writer.bytes, false, writer.segment));
  for (let sequence = 1; sequence <= 9; sequence++) {
    await writer.append(Buffer.alloc(1000, sequence), { last: false }, never);
    await writer.flush(never);
  }
  disk.capacity = disk.used;
  await writer.append(Buffer.alloc(1000, 10), { last: false }, never);
  while (writer.condition === undefined) await new Promise((resolve) => setImmediate(resolve));
  return { disk, spool, writer };
}

describe('the spool on a failing disk', () => {
  const options = { directory, clock: impatientClock };

  it('waits while the disk is full, says so, and loses nothing', async () => {
    const disk = await newDisk(2);
    const writer = new SpoolWriter({ ...options, disk });
    await writer.append(Buffer.alloc(50, 1), { last: false }, never);
    await writer.flush(never);
    disk.capacity = disk.used + 10;
    await writer.append(Buffer.alloc(50, 2), { last: false }, never);
    const flushing = writer.flush(never);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(writer.condition?.code).toBe('DISK_FULL');
    expect(writer.durable).toBe(1);
    disk.capacity = Number.POSITIVE_INFINITY;
    await flushing;
    expect(writer.condition).toBeUndefined();
    await writer.close();
    expect(await recover(disk, directory)).toMatchObject({ durable: 2, cut: 0 });
  });

  it.each(['write', 'sync'] as const)(
    'stops for good when a %s fails, keeping what was durable',
    async (operation) => {
      const disk = await newDisk(3);
      const writer = new SpoolWriter({ ...options, disk });
      await writer.append(Buffer.alloc(50, 1), { last: false }, never);
      await writer.flush(never);
      disk.failNext(operation, 'EIO');
      await writer.append(Buffer.alloc(50, 2), { last: false }, never);
      await expect(writer.flush(never)).rejects.toMatchObject({ code: 'SINK_FAILED' });
      await expect(writer.append(Buffer.alloc(1), { last: false }, never)).rejects.toMatchObject({
        code: 'SINK_FAILED',
      });
      await writer.close();
      disk.crash();
      expect((await recover(disk, directory)).durable).toBeGreaterThanOrEqual(1);
    },
  );

  it('gives back the room of what is acknowledged, however full the disk is', async () => {
    const { spool, writer, disk } = await fullDisk(5);
    await spool.acknowledge(spool.durable().sequence);
    await writer.flush(never);
    expect(writer.condition).toBeUndefined();
    await writer.close();
    disk.killPrograms();
    expect(await recover(disk, spool.directory)).toMatchObject({ durable: 10, acknowledged: 9 });
  });

  it('writes any amount to a disk that holds a fraction of it, the open segment included, while it is being acknowledged', async () => {
    const disk = await newDisk(7);
    await disk.makeDirectory('/spool');
    const spool = await newOutbox(disk);
    disk.capacity = disk.used + 60_000;
    // Segments that are larger than the disk, and groups that are.
    const writer = new SpoolWriter({
      clock: impatientClock,
      disk,
      directory: spool.directory,
      groupBytes: 100_000,
      pendingBytes: 200_000,
    });
    let delivering = Promise.resolve();
    writer.onDurable((durable) => {
      spool.advance(durable, writer.bytes, false, writer.segment);
      delivering = delivering.then(() => spool.acknowledge(durable));
    });
    for (let sequence = 1; sequence <= 400; sequence++)
      await writer.append(Buffer.alloc(1500, sequence), { last: false }, never);
    await writer.flush(never);
    await delivering;
    expect(spool.acknowledged()).toBe(400);
    await writer.close();
  });

  it('has room for the record that ends an attempt when there is none for anything else', async () => {
    const { spool, writer, disk } = await fullDisk(8);
    await writer.close();
    disk.capacity = disk.used;
    const error = new RunnerError('WORKER_DIED', 'o'.repeat(3500)).toFailure();
    await spool.closeInterrupted(error, 1);
    expect(spool.durable()).toEqual({ sequence: 10, complete: true });
    const { lines, ...batch } = (await spool.read(10, 10_000))!;
    expect(batch).toEqual({ firstSequence: 10, last: true });
    expect(lines.map((line) => JSON.parse(Buffer.from(line).toString()))).toMatchObject([
      { kind: 'outcome', status: 'interrupted', error },
    ]);
    disk.crash();
    expect(await recover(disk, spool.directory)).toMatchObject({ durable: 10, complete: true });
  });

  it('fills no disk with what did not fit', async () => {
    const { writer, disk } = await fullDisk(9);
    const { used } = disk;
    disk.capacity = used + 500;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(writer.condition?.code).toBe('DISK_FULL');
    expect(disk.used).toBeLessThanOrEqual(used + 500);
    await writer.close();
  });

  it('counts nothing as acknowledged that it could not note, and notes it the next time', async () => {
    const { spool, writer, disk } = await fullDisk(6);
    const { bytes } = spool;
    disk.failNext('sync', 'EIO');
    await expect(spool.acknowledge(spool.durable().sequence)).rejects.toMatchObject({
      code: 'EIO',
    });
    expect(spool.acknowledged()).toBe(0);
    await spool.acknowledge(spool.durable().sequence);
    expect(spool.acknowledged()).toBe(9);
    expect(spool.bytes).toBeLessThan(bytes / 4);
    await writer.close();
  });

  it('writes again what a full disk left half done at the moment of a sync', async () => {
    const disk = await newDisk(4);
    const writer = new SpoolWriter({ ...options, disk });
    disk.failNext('sync', 'ENOSPC');
    await writer.append(Buffer.alloc(50, 1), { last: false }, never);
    await writer.flush(never);
    await writer.close();
    disk.crash();
    expect((await recover(disk, directory)).durable).toBe(1);
  });
});
