import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import { job, OutboxStage, segmentsOf, stopped } from '../../../test/support/link/outbox-stage.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';

let stage: OutboxStage;

beforeEach(async () => {
  stage = await OutboxStage.open();
});

afterEach(() => stage.close());

describe('an outbox', () => {
  it('delivers what the worker reports as durable, and notifies of it', async () => {
    const outbox = await stage.store.create(job);
    const moved = outbox.changed(NEVER);
    await stage.work(['a\n', 'b\n'], { last: true, report: true });
    await moved;
    expect(outbox.durable()).toEqual({ sequence: 2, complete: true });
    expect((await outbox.read(1, 1000))?.lines.map((line) => Buffer.from(line).toString())).toEqual(
      ['a\n', 'b\n'],
    );
    await outbox.acknowledge(2);
    expect(stage.store.bytes).toBe(0);
  });

  it('appends the interrupted outcome behind records that a dead worker did not report', async () => {
    await stage.store.create(job);
    await stage.work(['a\n', 'b\n'], { last: false, report: false });
    await stage.store.closeInterrupted(job.ref, stopped);
    expect(stage.store.outboxOf(job.ref).durable()).toEqual({ sequence: 3, complete: true });
    expect(await stage.outcomeOf(1)).toMatchObject({
      kind: 'outcome',
      status: 'interrupted',
      records: 2,
      digest: '',
      error: { code: 'RUNNER_STOPPED' },
    });
  });

  it('recovers unreported records while it delivers reported ones', async () => {
    const outbox = await stage.store.create(job);
    const writer = stage.newWriter(outbox, { segmentBytes: 500 });
    for (let record = 1; record <= 60; record++) {
      await writer.append(Buffer.from(`${record}\n`.padStart(100)), { last: false }, NEVER);
      if (record % 4 === 0) await writer.flush(NEVER);
    }
    outbox.advance({ sequence: writer.durable, bytes: writer.bytes, complete: false });
    await writer.close();
    const closing = systemClock
      .sleep(3, NEVER)
      .then(() => stage.store.closeInterrupted(job.ref, stopped));
    const seen: string[] = [];
    for (let last = false; !last;) {
      const batch = await outbox.read(seen.length + 1, 300);
      if (batch === undefined) {
        await outbox.changed(AbortSignal.timeout(240_000));
        continue;
      }
      seen.push(...batch.lines.map((line) => Buffer.from(line).toString().trim()));
      ({ last } = batch);
      await outbox.acknowledge(seen.length);
    }
    await closing;
    expect(seen.slice(0, 60)).toEqual(Array.from({ length: 60 }, (_, index) => String(index + 1)));
    expect(seen[60]).toContain('"status":"interrupted"');
  });

  it('keeps an outcome that the worker wrote', async () => {
    await stage.store.create(job);
    await stage.work(['a\n', '{"kind":"outcome"}\n'], { last: true, report: false });
    await stage.store.closeInterrupted(job.ref, stopped);
    expect(stage.store.outboxOf(job.ref).durable()).toEqual({ sequence: 2, complete: true });
  });

  it('deletes an acknowledged segment as soon as the worker reports that it is closed', async () => {
    const outbox = await stage.store.create(job);
    await stage.work(['a\n', 'b\n'], { last: false, report: true });
    await outbox.acknowledge(2);
    expect(await segmentsOf(outbox)).toHaveLength(1);
    outbox.advance({ sequence: 2, bytes: 100, complete: false, segment: 3 });
    await expect.poll(() => segmentsOf(outbox)).toEqual([]);
    await stage.store.closeInterrupted(job.ref, stopped);
    expect(outbox.durable()).toEqual({ sequence: 3, complete: true });
    expect((await stage.outcomeOf(3))['records']).toBe(2);
  });

  it('accepts a report while it deletes a segment, and deletes what that report closed', async () => {
    const [deleting, deleted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow: Disk = {
      ...nodeDisk,
      async unlink(path) {
        await nodeDisk.unlink(path);
        if (!path.endsWith('2.seg')) return;
        deleting.resolve();
        await deleted.promise;
      },
    };
    await stage.reopen({ disk: slow });
    const outbox = await stage.store.create(job);
    const writer = stage.newWriter(outbox, { segmentBytes: 100 });
    const write = async (): Promise<void> => {
      await writer.append(Buffer.from('a'.repeat(200)), { last: false }, NEVER);
      await writer.flush(NEVER);
    };
    for (let record = 1; record <= 3; record++) await write();
    outbox.advance({ sequence: 3, bytes: writer.bytes, complete: false, segment: 3 });
    const acknowledged = outbox.acknowledge(3);
    await deleting.promise;
    outbox.advance({ sequence: 3, bytes: writer.bytes, complete: false, segment: 4 });
    deleted.resolve();
    await acknowledged;
    expect(await segmentsOf(outbox)).toEqual([]);
    await write();
    outbox.advance({ sequence: 4, bytes: writer.bytes, complete: false, segment: 4 });
    expect((await outbox.read(4, 1000))?.firstSequence).toBe(4);
    await writer.close();
  });

  it('is discarded only after the worker has ended', async () => {
    const outbox = await stage.store.create(job);
    const gone = Promise.withResolvers<void>();
    await outbox.attachWriter({ pid: process.pid }, gone.promise);
    let discarded = false;
    const discarding = outbox.discard().then(() => (discarded = true));
    await systemClock.sleep(20, NEVER);
    expect(discarded).toBe(false);
    gone.resolve();
    await discarding;
  });

  it('takes acknowledgements while its outcome waits for the worker to end', async () => {
    const outbox = await stage.store.create(job);
    await stage.work(['a\n', 'b\n'], { last: false, report: true });
    const gone = Promise.withResolvers<void>();
    await outbox.attachWriter({ pid: process.pid }, gone.promise);
    const closing = stage.store.closeInterrupted(job.ref, stopped);
    await outbox.acknowledge(2);
    expect(outbox.acknowledged()).toBe(2);
    gone.resolve();
    await closing;
    expect(outbox.durable()).toEqual({ sequence: 3, complete: true });
  });
});
