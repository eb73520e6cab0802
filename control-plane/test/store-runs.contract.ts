import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { end } from '../src/runs/run.ts';
import type { Store } from '../src/store/store.ts';
import { ATTEMPT, RUN, type StoreStage } from './store-fixtures.ts';

const ONE = { ...RUN, slot: null };

/** The contract of every store: runs that several transactions of a commit change. */
export function storeRunsContract(name: string, openStage: () => StoreStage): void {
  describe(`runs of a ${name} store`, () => {
    let stage: StoreStage;
    let store: Store;

    beforeEach(async () => {
      stage = openStage();
      store = stage.open();
      await store.transaction((tx) => tx.runs.save(ONE));
    });
    afterEach(async () => {
      await store.close();
      stage.remove();
    });

    const increment = () =>
      store.transaction(async (tx) => {
        const run = (await tx.runs.get('run_1'))!;
        await tx.runs.save({ ...run, epoch: run.epoch + 1 });
      });

    it('have the last of the changes that share a commit', async () => {
      await Promise.all([increment(), increment(), increment()]);
      const other = stage.open();
      expect([await store.read.runs.get('run_1'), await other.read.runs.get('run_1')]).toEqual([
        { ...ONE, epoch: 4 },
        { ...ONE, epoch: 4 },
      ]);
      await other.close();
    });

    it('keep a change when a later transaction of the commit has read it and fails', async () => {
      let read: readonly number[] = [];
      const changing = increment();
      const failing = store.transaction(async (tx) => {
        read = (await tx.runs.list({ limit: 9 })).map(({ epoch }) => epoch);
        await tx.runs.save({ ...ONE, epoch: 9 });
        throw new Error('stop');
      });
      const settled = await Promise.allSettled([changing, failing]);
      expect([read, settled.map(({ status }) => status)]).toEqual([[2], ['fulfilled', 'rejected']]);
      expect([await store.read.runs.get('run_1'), await store.read.runs.active()]).toEqual([
        { ...ONE, epoch: 2 },
        [{ ...ONE, epoch: 2 }],
      ]);
    });

    it('lose what a failed transaction has changed and listed', async () => {
      const failing = store.transaction(async (tx) => {
        await tx.runs.save({ ...ONE, epoch: 9 });
        await tx.runs.list({ limit: 9 });
        throw new Error('stop');
      });
      await Promise.allSettled([failing, increment()]);
      expect((await store.read.runs.get('run_1'))?.epoch).toBe(2);
    });

    it('are listed as the transaction has left them', async () => {
      const other = { ...RUN, id: 'run_2', service: 'other', pipeline: 'p' };
      const ended = end(other, 'success', 9, null);
      const attempt = { ...ATTEMPT, runId: 'run_2', generation: 7 };
      await store.transaction(async (tx) => {
        await tx.runs.save(other);
        await tx.runs.save({ ...ended, id: 'run_3', slot: null });
        await tx.runs.saveAttempt(attempt);
        await tx.runs.save(ended);
        expect((await tx.runs.list({ limit: 9, state: 'success' })).length).toBe(2);
        await tx.runs.save({ ...ended, epoch: 1, cancelReason: 'a' });
        expect((await tx.runs.succeededSince('other', 6)).length).toBe(1);
        await tx.runs.save({ ...ended, epoch: 1, cancelReason: 'b' });
        expect((await tx.runs.ofSlot('p', RUN.slot!.at))?.cancelReason).toBe('b');
        await tx.runs.save({ ...ended, cancelReason: 'c' });
        expect((await tx.runs.oldestBeyond(1))?.cancelReason).toBe('c');
        await tx.runs.save({ ...ended, recordsKept: false });
        expect(await tx.runs.oldestBeyond(1)).toBe(undefined);
      });
    });

    it('are read again by the next transaction when another program has committed', async () => {
      await store.transaction((tx) => tx.runs.active());
      const other = stage.open();
      await other.transaction((tx) => tx.runs.save(end(ONE, 'failed', 9, null)));
      await other.close();
      const read = await store.transaction(async (tx) => [
        (await tx.runs.get('run_1'))?.status.state,
        (await tx.runs.active()).length,
      ]);
      expect(read).toEqual(['failed', 0]);
    });

    it('have records of kinds that are found in the order asked for', async () => {
      await store.transaction(async (tx) => {
        await tx.runs.saveAttempt(ATTEMPT);
        await tx.records.append('run_1', 1, 1, [
          { kind: 'log', line: '{}' },
          { kind: 'sweep', line: '{}' },
          { kind: 'log', line: '{}' },
        ]);
      });
      const { records } = store.read;
      expect([
        await records.kindsAmong('run_1', ['sweep', 'deletion', 'log']),
        await records.kindsAmong('run_1', ['deletion']),
        await records.kindsAmong('run_2', ['log']),
      ]).toEqual([['sweep', 'log'], [], []]);
    });
  });
}
