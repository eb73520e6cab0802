import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { end } from '../src/runs/run.ts';
import type { NewEntity } from '../src/store/entity.ts';
import type { Store } from '../src/store/store.ts';
import { ATTEMPT, ENTITY, RUN, STORED, type StoreStage } from './store-fixtures.ts';

/** The contract of every store: entities, lineage and catalog states. */
export function storeCatalogContract(name: string, openStage: () => StoreStage): void {
  describe(`${name} store of the catalog`, () => {
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

    it('stores one entity for each name and service, and counts it once for each assignment', async () => {
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

    it('ignores lower generations for entities and lineage', async () => {
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

    it('stores the state of each catalog and lists runs that succeeded since', async () => {
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
