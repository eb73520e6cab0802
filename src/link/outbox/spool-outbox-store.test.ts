import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { job, OutboxStage } from '../../../test/support/link/outbox-stage.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';

let stage: OutboxStage;

beforeEach(async () => {
  stage = await OutboxStage.open();
});

afterEach(() => stage.close());

describe('the outbox store', () => {
  it('holds a created attempt across a restart', async () => {
    const outbox = await stage.store.create(job);
    expect(await stage.store.create(job)).toBe(outbox);
    await stage.reopen();
    expect(stage.store.held().map((held) => held.ref)).toEqual([job.ref]);
    expect(stage.store.held()[0]?.durable()).toEqual({ sequence: 0, complete: false });
  });

  it('deletes a discarded attempt', async () => {
    const outbox = await stage.store.create(job);
    await stage.work(['a\n'], { last: false, report: true });
    await outbox.discard();
    expect(stage.store.held()).toEqual([]);
    expect(await readdir(stage.spool)).toEqual([]);
    await stage.reopen();
    expect(stage.store.held()).toEqual([]);
  });

  it('pauses workers while too many bytes wait for delivery', async () => {
    await stage.reopen({ maxBytes: 1000 });
    const outbox = await stage.store.create(job);
    const reported: boolean[] = [];
    stage.store.onPaused((paused) => reported.push(paused));
    await stage.work(['x'.repeat(900)], { last: false, report: true });
    expect(reported).toEqual([true]);
    await expect(
      stage.store.create({ ...job, ref: { ...job.ref, epoch: 4 } }),
    ).rejects.toMatchObject({ code: 'SPOOL_FULL' });
    await outbox.acknowledge(1);
    expect(reported).toEqual([true, false]);
  });

  it('locks the state directory for one process', async () => {
    await expect(stage.openAgain()).rejects.toMatchObject({ code: 'STATE_LOCKED' });
  });

  it('leaves nothing of an attempt that it has no room for, wherever the disk runs full', async () => {
    let created = 0;
    for (let operations = 1; created === 0; operations++) {
      // The first operation is for the spool directory itself.
      await stage.reopen({ disk: fullAfter(operations) });
      try {
        await stage.store.create(job);
        created = operations;
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'DISK_FULL' });
        expect(await readdir(stage.spool)).toEqual([]);
      }
    }
    expect(created).toBeGreaterThan(3);
  });
});

/** A disk with room for this many operations that need some. */
function fullAfter(operations: number): Disk {
  let left = operations;
  const needRoom = (): void => {
    left -= 1;
    if (left < 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  return {
    ...nodeDisk,
    async open(path, mode) {
      if (mode === 'create') needRoom();
      const file = await nodeDisk.open(path, mode);
      const write = file.write.bind(file);
      return Object.assign(file, {
        async write(bytes: Uint8Array, position: number) {
          needRoom();
          await write(bytes, position);
        },
      });
    },
    async makeDirectory(path) {
      needRoom();
      await nodeDisk.makeDirectory(path);
    },
  };
}
