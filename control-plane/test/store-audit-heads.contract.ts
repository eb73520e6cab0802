import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredAuditHead } from '../src/store/audit-head.ts';
import type { Store } from '../src/store/store.ts';
import type { StoreStage } from './store-fixtures.ts';

const DAY = 86_400_000;

const head = (number: number, receivedAt: number, problem?: string): StoredAuditHead => ({
  runnerId: 'rnr_1',
  number,
  hash: 'a'.repeat(64),
  signature: Buffer.alloc(64, number),
  publicKey: Buffer.alloc(32, 1),
  receivedAt,
  problem: problem ?? null,
  acknowledgedAt: null,
});

/** What every store does with the heads of audit trails. */
export function auditHeadContract(name: string, openStage: () => StoreStage): void {
  describe(`${name} store of audit heads`, () => {
    let stage: StoreStage;
    let store: Store;

    beforeEach(() => {
      stage = openStage();
      store = stage.open();
    });
    afterEach(async () => {
      await store.close();
      stage.remove();
    });

    it('returns what was saved, also after reopening', async () => {
      const other = { ...head(7, 3), runnerId: 'rnr_2' };
      await store.transaction(async (tx) => {
        await tx.auditHeads.save(head(1, 1, 'x'));
        await tx.auditHeads.save(head(2, 2, 'y'));
        await tx.auditHeads.save(other);
      });
      await store.close();
      store = stage.open();
      const { auditHeads } = store.read;
      expect(await auditHeads.list('rnr_1')).toEqual([head(1, 1, 'x'), head(2, 2, 'y')]);
      expect(await auditHeads.latest('rnr_1')).toEqual(head(2, 2, 'y'));
      expect(await auditHeads.latest('rnr_9')).toBeUndefined();
      expect([...(await auditHeads.summaries())]).toEqual([
        ['rnr_1', { number: 2, receivedAt: 2, problem: 'x' }],
        ['rnr_2', { number: 7, receivedAt: 3, problem: null }],
      ]);
      await store.transaction((tx) => tx.auditHeads.acknowledge('rnr_1', 9));
      expect((await auditHeads.summaries()).get('rnr_1')).toMatchObject({ problem: null });
      expect(await auditHeads.list('rnr_1')).toMatchObject([
        { acknowledgedAt: 9 },
        { acknowledgedAt: 9 },
      ]);
      expect(await auditHeads.latest('rnr_2')).toMatchObject({ acknowledgedAt: null });
    });

    it('keeps the last head of each day, all of late, all with problems, and the very last', async () => {
      const times = [0.1, 1.1, 1.2, 1.3, 2.1, 2.2, 5.1, 5.2].map((day) => Math.round(day * DAY));
      const numbers = async (): Promise<number[]> =>
        (await store.read.auditHeads.list('rnr_1')).map(({ number }) => number);
      await store.transaction(async (tx) => {
        for (const [index, at] of times.entries())
          await tx.auditHeads.save(head(index, at, index === 1 ? 'x' : undefined));
        await tx.auditHeads.save({ ...head(9, 1), runnerId: 'rnr_2' });
        await tx.auditHeads.prune('rnr_1', 4 * DAY, DAY);
      });
      expect(await numbers()).toEqual([1, 3, 5, 6, 7]);
      expect(await store.read.auditHeads.list('rnr_2')).toHaveLength(1);
      await store.transaction((tx) => tx.auditHeads.prune('rnr_1', 9 * DAY, 9 * DAY));
      expect(await numbers()).toEqual([7]);
    });
  });
}
