import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { QueuedRun } from '../src/runs/placement.ts';
import { end, offerTo, type Run } from '../src/runs/run.ts';
import type { Entity, NewEntity } from '../src/store/entity.ts';
import type { Attempt, Store } from '../src/store/store.ts';

export interface StoreStage {
  open(): Store;
  /** Deletes what the stores of this stage wrote. */
  remove(): void;
}

const RUN: QueuedRun = {
  id: 'run_1',
  kind: 'metadata',
  service: 'sandbox',
  pipeline: null,
  workflow: '{}',
  pinnedTo: null,
  status: {
    state: 'queued',
    notBefore: 5,
    retryAt: null,
    left: { runnerId: 'rnr_1', epoch: 1, attempt: 1 },
    absence: { since: 1, until: 2 },
  },
  attempt: 1,
  epoch: 1,
  lastEpoch: 3,
  lastFailure: { code: 'A', message: 'b', remedy: 'c' },
  queuedAt: 5,
  startedAt: null,
  cancelReason: null,
  refusedBy: ['rnr_9'],
  deadlineMs: 9,
  whole: true,
  recordsKept: true,
};
const ATTEMPT: Attempt = {
  runId: 'run_1',
  epoch: 1,
  attempt: 1,
  generation: 3,
  runnerId: 'rnr_1',
  channel: 'ws',
  storedSequence: 0,
  wireBytes: 0,
  entities: 0,
  outcome: null,
  integrity: null,
};
const ENTITY: NewEntity = {
  service: 'sandbox',
  type: 'table',
  fqn: 'sandbox.a',
  request: { name: 'a', columns: [1, 2], databaseSchema: 'sandbox.d' },
  properties: { x: 1 },
  runId: 'run_1',
  attempt: 1,
  epoch: 1,
  generation: 3,
  updatedAt: 7,
};
const STORED: Entity = { ...ENTITY, seenBy: 'run_1', seenAt: 7, deletedAt: null };

/** What every store must do. */
export function storeContract(name: string, openStage: () => StoreStage): void {
  describe(`${name} as a store`, () => {
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

    it('gives back what was saved, after it has been opened again too', async () => {
      const token = { hash: Buffer.alloc(32, 1), name: null, expiresAt: 9, usedBy: null };
      const runner = {
        id: 'rnr_1',
        name: 'r',
        publicKey: Buffer.alloc(32, 2),
        version: '1',
        platform: 'p',
        enrolledAt: 1,
        lastSeenAt: null,
        revokedAt: null,
        drainReason: 'repairs',
      };
      const service = {
        name: 'sandbox',
        displayName: 'Sandbox',
        type: 'Salesforce',
        connection: { a: { b: 1 } },
        runner: null,
        updatedAt: 1,
      };
      const pipeline = {
        name: 'p',
        displayName: null,
        service: 'sandbox',
        sourceConfig: { x: [1] },
        loggerLevel: 'INFO',
        deadlineMs: 5,
        updatedAt: 2,
      };
      await store.transaction(async (tx) => {
        await tx.tokens.insert(token);
        await tx.runners.save(runner);
        await tx.catalog.saveService(service);
        await tx.catalog.savePipeline(pipeline);
        await tx.catalog.saveService({ ...service, updatedAt: 3 });
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
      expect([await store.read.catalog.services(), await store.read.catalog.pipelines()]).toEqual([
        [{ ...service, updatedAt: 3 }],
        [pipeline],
      ]);
      expect([
        await store.read.runs.get('run_1'),
        await store.read.runs.attempt('run_1', 1),
      ]).toEqual([RUN, ATTEMPT]);
    });

    it('undoes everything of a transaction that fails', async () => {
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

    it('shows readers nothing before the end of a transaction, and the transaction its own writes', async () => {
      await store.transaction(async (tx) => {
        await tx.runs.save(RUN);
        expect([await tx.runs.get('run_1'), await store.read.runs.get('run_1')]).toEqual([
          RUN,
          undefined,
        ]);
      });
      expect(await store.read.runs.get('run_1')).toEqual(RUN);
    });

    it('runs transactions one after the other, and goes on after one that failed', async () => {
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

    it('takes a sequence once', async () => {
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

    it('keeps one entity a name and service, and counts it once an assignment', async () => {
      const upsert = async (entity: NewEntity) =>
        (await store.transaction((tx) => tx.entities.upsert(entity))).first;
      expect([
        await upsert(ENTITY),
        await upsert({ ...ENTITY, request: { name: 'a', displayName: 'A' } }),
        await upsert({ ...ENTITY, epoch: 2 }),
        await upsert({ ...ENTITY, type: 'database' }),
      ]).toEqual([true, false, true, true]);
      expect(await store.read.entities.tables({ limit: 9 })).toEqual({
        total: 1,
        tables: [
          {
            fqn: 'sandbox.a',
            service: 'sandbox',
            name: 'a',
            type: 'table',
            displayName: null,
            description: null,
            tableType: null,
            columns: 2,
            deletedAt: null,
          },
        ],
      });
      expect(await store.read.entities.table('sandbox.a')).toEqual({ ...STORED, epoch: 2 });
    });

    it('lets no lower generation change what a higher one told, of entities and of lineage', async () => {
      const key = { service: 'sandbox', type: 'table', fqn: 'sandbox.a' };
      const edge = {
        service: 'sandbox',
        from: 'sandbox.a',
        to: 'sandbox.b',
        details: {},
        runId: 'run_1',
        generation: 3,
        updatedAt: 7,
      };
      const ignored = { applied: false, changed: false };
      await store.transaction(async (tx) => {
        expect(await tx.entities.upsert(ENTITY)).toEqual({
          applied: true,
          changed: true,
          first: true,
        });
        expect(
          await tx.entities.upsert({ ...ENTITY, generation: 2, epoch: 9, request: {} }),
        ).toEqual({ ...ignored, first: true });
        expect(await tx.entities.seen(key, { runId: 'run_0', generation: 2, at: 9 })).toEqual({
          ...ignored,
          known: true,
        });
        expect(await tx.entities.remove(key, { generation: 2, at: 9 })).toBe(0);
        expect(await tx.entities.get(key)).toEqual(STORED);
        expect(await tx.entities.seen(key, { runId: 'run_4', generation: 4, at: 9 })).toEqual({
          applied: true,
          changed: false,
          known: true,
        });
        expect(await tx.entities.remove(key, { generation: 3, at: 9 })).toBe(0);
        expect(await tx.entities.remove(key, { generation: 5, at: 9 })).toBe(1);
        expect(await tx.entities.seen(key, { runId: 'run_4', generation: 4, at: 9 })).toEqual({
          ...ignored,
          known: true,
        });
        expect(await tx.entities.seen(key, { runId: 'run_6', generation: 6, at: 9 })).toEqual({
          applied: true,
          changed: true,
          known: true,
        });
        expect(
          await tx.entities.seen(
            { ...key, fqn: 'sandbox.z' },
            { runId: 'run_6', generation: 6, at: 9 },
          ),
        ).toEqual({ ...ignored, known: false });
        expect([
          await tx.lineage.save(edge),
          await tx.lineage.save({ ...edge, generation: 2, runId: 'run_0' }),
          await tx.lineage.of('sandbox.a', 'downstream', 9),
        ]).toEqual([true, false, [edge]]);
      });
    });

    it('knows the state of each catalog, and which runs ended well since', async () => {
      const state = {
        service: 'sandbox',
        revision: '',
        keeper: null,
        lastGeneration: 4,
        newestGeneration: 3,
        completedGeneration: 2,
        writer: { generation: 3, from: 'r1' },
      };
      await store.transaction(async (tx) => {
        await tx.catalogStates.save(state);
        await tx.catalogStates.save({
          ...state,
          service: 'other',
          revision: 'r2',
          keeper: 'rnr_1',
          writer: null,
        });
        for (const [index, status] of (
          ['success', 'failed', 'partialSuccess', 'success'] as const
        ).entries()) {
          await tx.runs.save(
            end({ ...RUN, id: `run_${index}`, recordsKept: index > 2 }, status, 9, null),
          );
          await tx.runs.saveAttempt({ ...ATTEMPT, runId: `run_${index}`, generation: index + 1 });
        }
      });
      expect([
        await store.read.catalogStates.get('sandbox'),
        await store.read.catalogStates.get('other'),
        await store.read.catalogStates.get('new'),
      ]).toEqual([
        state,
        { ...state, service: 'other', revision: 'r2', keeper: 'rnr_1', writer: null },
        {
          service: 'new',
          revision: '',
          keeper: null,
          lastGeneration: 0,
          newestGeneration: 0,
          completedGeneration: 0,
          writer: null,
        },
      ]);
      expect(await store.read.runs.succeededSince('sandbox', 1)).toEqual([
        { runId: 'run_2', epoch: 1, recordsKept: false },
        { runId: 'run_3', epoch: 1, recordsKept: true },
      ]);
    });
  });
}
