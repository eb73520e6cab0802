import { describe, expect, it } from 'vitest';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { SpoolOutbox } from '../../src/link/outbox/spool-outbox.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createAttempt } from '../../src/spool/journal.ts';
import { emptySpool, recover } from '../../src/spool/recover.ts';
import { SpoolWriter } from '../../src/spool/writer.ts';
import type { SimulatedDisk } from '../support/simulated-disk.ts';
import { directory, immediateClock, newSpoolDisk } from '../support/spool-model.ts';

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
    clock: immediateClock,
    directory,
    journal,
    found: emptySpool,
    onMoved: ignore,
    onDiscarded: ignore,
  });
}

/**
 * An attempt that has filled its disk: nine records are durable in segments of three, the tenth
 * waits.
 */
async function fullDisk(
  seed: number,
): Promise<{ disk: SimulatedDisk; spool: SpoolOutbox; writer: SpoolWriter }> {
  const disk = await newSpoolDisk(seed);
  await disk.makeDirectory('/spool');
  const spool = await newOutbox(disk);
  const writer = new SpoolWriter({
    clock: immediateClock,
    disk,
    directory: spool.directory,
    segmentBytes: 4000,
    retryMs: 1,
  });
  writer.onDurable((durable) =>
    spool.advance({
      sequence: durable,
      bytes: writer.bytes,
      complete: false,
      segment: writer.segment,
    }),
  );
  for (let sequence = 1; sequence <= 9; sequence++) {
    await writer.append(Buffer.alloc(1000, sequence), { last: false }, NEVER);
    await writer.flush(NEVER);
  }
  disk.capacity = disk.used;
  await writer.append(Buffer.alloc(1000, 10), { last: false }, NEVER);
  while (writer.condition === undefined) await new Promise((resolve) => setImmediate(resolve));
  return { disk, spool, writer };
}

describe('the spool on a failing disk', () => {
  const options = { directory, clock: immediateClock };

  it('waits and reports DISK_FULL while the disk is full, and loses nothing', async () => {
    const disk = await newSpoolDisk(2);
    const writer = new SpoolWriter({ ...options, disk });
    await writer.append(Buffer.alloc(50, 1), { last: false }, NEVER);
    await writer.flush(NEVER);
    disk.capacity = disk.used + 10;
    await writer.append(Buffer.alloc(50, 2), { last: false }, NEVER);
    const flushing = writer.flush(NEVER);
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
    'stops when a %s fails, and keeps durable records',
    async (operation) => {
      const disk = await newSpoolDisk(3);
      const writer = new SpoolWriter({ ...options, disk });
      await writer.append(Buffer.alloc(50, 1), { last: false }, NEVER);
      await writer.flush(NEVER);
      disk.failNext(operation, 'EIO');
      await writer.append(Buffer.alloc(50, 2), { last: false }, NEVER);
      await expect(writer.flush(NEVER)).rejects.toMatchObject({ code: 'SINK_FAILED' });
      await expect(writer.append(Buffer.alloc(1), { last: false }, NEVER)).rejects.toMatchObject({
        code: 'SINK_FAILED',
      });
      await writer.close();
      disk.crash();
      expect((await recover(disk, directory)).durable).toBeGreaterThanOrEqual(1);
    },
  );

  it('frees the space of acknowledged records on a full disk', async () => {
    const { spool, writer, disk } = await fullDisk(5);
    await spool.acknowledge(spool.durable().sequence);
    await writer.flush(NEVER);
    expect(writer.condition).toBeUndefined();
    await writer.close();
    disk.killPrograms();
    expect(await recover(disk, spool.directory)).toMatchObject({ durable: 10, acknowledged: 9 });
  });

  it('writes more than the disk holds while records are being acknowledged, with segments larger than the disk', async () => {
    const disk = await newSpoolDisk(7);
    await disk.makeDirectory('/spool');
    const spool = await newOutbox(disk);
    disk.capacity = disk.used + 60_000;
    // Segments and groups are larger than the disk.
    const writer = new SpoolWriter({
      clock: immediateClock,
      disk,
      directory: spool.directory,
      groupBytes: 100_000,
      pendingBytes: 200_000,
    });
    let delivering = Promise.resolve();
    writer.onDurable((durable) => {
      spool.advance({
        sequence: durable,
        bytes: writer.bytes,
        complete: false,
        segment: writer.segment,
      });
      delivering = delivering.then(() => spool.acknowledge(durable));
    });
    for (let sequence = 1; sequence <= 400; sequence++)
      await writer.append(Buffer.alloc(1500, sequence), { last: false }, NEVER);
    await writer.flush(NEVER);
    await delivering;
    expect(spool.acknowledged()).toBe(400);
    await writer.close();
  });

  it('has space for the outcome when the disk is full', async () => {
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

  it('removes the remains of writes that did not fit', async () => {
    const { writer, disk } = await fullDisk(9);
    const { used } = disk;
    disk.capacity = used + 500;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(writer.condition?.code).toBe('DISK_FULL');
    expect(disk.used).toBeLessThanOrEqual(used + 500);
    await writer.close();
  });

  it('does not count an acknowledgement that could not be written, and writes it the next time', async () => {
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

  it('writes a group again when the disk becomes full during a sync', async () => {
    const disk = await newSpoolDisk(4);
    const writer = new SpoolWriter({ ...options, disk });
    disk.failNext('sync', 'ENOSPC');
    await writer.append(Buffer.alloc(50, 1), { last: false }, NEVER);
    await writer.flush(NEVER);
    await writer.close();
    disk.crash();
    expect((await recover(disk, directory)).durable).toBe(1);
  });
});
