import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { end, offerTo, type Run } from '../src/runs/run.ts';
import type { Store } from '../src/store/store.ts';
import { ATTEMPT, RUN, RUNNER, type StoreStage } from './store-fixtures.ts';

/** The contract of every store: transactions, records and runs. */
export function storeContract(name: string, openStage: () => StoreStage): void {
  describe(`${name} store`, () => {
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
      const token = {
        hash: Buffer.alloc(32, 1),
        name: null,
        pool: 'eu',
        expiresAt: 9,
        usedBy: null,
      };
      const runner = RUNNER;
      const service = {
        name: 'sandbox',
        displayName: 'Sandbox',
        type: 'Salesforce',
        connection: { a: { b: 1 } },
        runner: null,
        pool: 'eu',
        origin: null,
        updatedAt: 1,
      };
      const pipeline = {
        name: 'p',
        displayName: null,
        service: 'sandbox',
        sourceConfig: { x: [1] },
        loggerLevel: 'INFO',
        deadlineMs: 5,
        origin: { endpoint: 'prod', id: 'p1' },
        updatedAt: 2,
      };
      await store.transaction(async (tx) => {
        await tx.tokens.insert(token);
        await tx.runners.save(runner);
        await tx.definitions.saveService(service);
        await tx.definitions.savePipeline(pipeline);
        await tx.definitions.saveService({ ...service, updatedAt: 3 });
        await tx.runs.save(RUN);
        await tx.runs.saveAttempt(ATTEMPT);
      });
      await store.close();
      store = stage.open();
      expect(await store.transaction((tx) => tx.tokens.find(token.hash))).toEqual(token);
      expect([await store.read.runners.list(), await store.read.runners.get('nobody')]).toEqual([
        [runner],
        undefined,
      ]);
      expect([
        await store.read.definitions.services(),
        await store.read.definitions.pipelines(),
      ]).toEqual([[{ ...service, updatedAt: 3 }], [pipeline]]);
      expect([
        await store.read.runs.get('run_1'),
        await store.read.runs.attempt('run_1', 1),
      ]).toEqual([RUN, ATTEMPT]);
    });

    it('rolls back a failed transaction', async () => {
      await store.transaction((tx) => tx.runs.save(RUN));
      const failing = store.transaction(async (tx) => {
        await tx.runs.saveAttempt(ATTEMPT);
        await tx.records.append('run_1', 1, 1, [{ kind: 'log', line: '{}' }]);
        throw new Error('stop');
      });
      await expect(failing).rejects.toThrow('stop');
      expect([
        await store.read.runs.attempt('run_1', 1),
        await store.read.records.ofAttempt('run_1', 1, { after: 0, limit: 9 }),
      ]).toEqual([undefined, []]);
    });

    it('shows writes to the transaction at once, and to readers after the commit', async () => {
      await store.transaction(async (tx) => {
        await tx.runs.save(RUN);
        expect([await tx.runs.get('run_1'), await store.read.runs.get('run_1')]).toEqual([
          RUN,
          undefined,
        ]);
      });
      expect(await store.read.runs.get('run_1')).toEqual(RUN);
    });

    it('runs transactions one after the other, and continues after a failure', async () => {
      await store.transaction((tx) => tx.runs.save(RUN));
      const increment = () =>
        store.transaction(async (tx) => {
          const run = (await tx.runs.get('run_1'))!;
          await new Promise((resolve) => setTimeout(resolve, 2));
          await tx.runs.save({ ...run, epoch: run.epoch + 1 });
        });
      const failing = store
        .transaction(async () => {
          throw new Error('stop');
        })
        .catch(() => undefined);
      await Promise.all([increment(), failing, increment(), increment()]);
      expect((await store.read.runs.get('run_1'))?.epoch).toBe(4);
    });

    it('takes back only the failed one of transactions that share a commit', async () => {
      const one = { ...RUN, id: 'run_1', slot: null };
      const two = { ...RUN, id: 'run_2', slot: null };
      const settled = await Promise.allSettled([
        store.transaction((tx) => tx.runs.save(one)),
        store.transaction(async (tx) => {
          await tx.runs.save({ ...one, epoch: 9 });
          await tx.runs.save({ ...two, id: 'run_3' });
          throw new Error('stop');
        }),
        store.transaction(async (tx) => {
          expect(await tx.runs.active()).toEqual([one]);
          await tx.runs.save(two);
          expect(await tx.runs.active()).toEqual([one, two]);
        }),
      ]);
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await store.read.runs.active()).toEqual([one, two]);
      await store.close();
      store = stage.open();
      expect(await store.read.runs.active()).toEqual([one, two]);
    });

    it('shows another program’s commits', async () => {
      const one = { ...RUN, slot: null };
      await store.transaction((tx) => tx.runs.save(one));
      expect(await store.read.runs.active()).toEqual([one]);
      const other = stage.open();
      await other.transaction((tx) => tx.runs.save(end(one, 'failed', 9, null)));
      await other.close();
      expect(await store.read.runs.active()).toEqual([]);
    });

    it('sets when runners were last seen', async () => {
      const runner = { ...RUNNER, lastSeenAt: null };
      await store.transaction(async (tx) => {
        for (const id of ['a', 'b', 'c']) await tx.runners.save({ ...runner, id, name: id });
      });
      expect((await store.read.runners.list()).length).toBe(3);
      await store.transaction(async (tx) => {
        await tx.runners.seen(
          new Map([
            ['a', 5],
            ['c', 7],
            ['gone', 9],
          ]),
        );
        expect((await tx.runners.list()).map(({ lastSeenAt }) => lastSeenAt)).toEqual([5, null, 7]);
      });
      expect((await store.read.runners.list()).map(({ lastSeenAt }) => lastSeenAt)).toEqual([
        5,
        null,
        7,
      ]);
    });

    it('stores a sequence once', async () => {
      await store.transaction((tx) => tx.runs.save(RUN));
      await store.transaction((tx) => tx.runs.saveAttempt(ATTEMPT));
      const append = () =>
        store.transaction((tx) =>
          tx.records.append('run_1', 1, 1, [
            { kind: 'log', line: '{"a":"ä"}' },
            { kind: 'step', line: '{}' },
          ]),
        );
      await append();
      await expect(append()).rejects.toThrow();
      const all = await store.read.records.ofAttempt('run_1', 1, { after: 0, limit: 9 });
      expect(all.map(({ sequence, line }) => [sequence, line])).toEqual([
        [1, '{"a":"ä"}'],
        [2, '{}'],
      ]);
      expect(
        (await store.read.records.ofKind('run_1', 'step', { after: 0, limit: 9 })).map(
          ({ sequence }) => sequence,
        ),
      ).toEqual([2]);
      expect(
        (await store.read.records.ofAttempt('run_1', 1, { after: 0, limit: 9 }, 'log')).length,
      ).toBe(1);
      expect(await store.read.records.digest('run_1', 1, 1)).toBe(
        createHash('sha256').update('{"a":"ä"}\n').digest('hex'),
      );
    });

    it('lists active runs oldest first and all runs newest first', async () => {
      await store.transaction(async (tx) => {
        await tx.runs.save(RUN);
        await tx.runs.save({ ...RUN, id: 'run_2', service: 'other' });
        await tx.runs.save({ ...RUN, id: 'run_3' });
        await tx.runs.save(end(RUN, 'success', 9, null));
        await tx.runs.save(
          offerTo({ ...RUN, id: 'run_3' }, { runnerId: 'rnr_1', bootId: 'boot' }, 9),
        );
      });
      const ids = (runs: readonly Run[]) => runs.map(({ id }) => id);
      expect([
        ids(await store.read.runs.active()),
        ids(await store.read.runs.list({ limit: 2 })),
        ids(await store.read.runs.list({ limit: 9, service: 'other' })),
      ]).toEqual([['run_2', 'run_3'], ['run_3', 'run_2'], ['run_2']]);
    });
  });
}
