import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../src/store/store.ts';
import { RUN, type StoreStage } from './store-fixtures.ts';

const SCHEDULE = {
  pipeline: 'crm',
  expression: '0 3 * * *',
  timezone: 'Europe/Berlin',
  startAt: 1,
  endAt: null,
  paused: true,
  retries: 2,
  retryDelayMs: 300_000,
  since: 6,
  settledUntil: 7,
};
const SERVICE = {
  name: 'sandbox',
  displayName: null,
  type: 'Salesforce',
  connection: {},
  runner: null,
  pool: null,
  origin: null,
  updatedAt: 1,
};
const PIPELINE = {
  name: 'crm',
  displayName: null,
  service: 'sandbox',
  sourceConfig: {},
  loggerLevel: 'INFO',
  deadlineMs: 0,
  origin: null,
  updatedAt: 1,
};

/** The contract of every store: schedules and the runs of their slots. */
export function storeSchedulesContract(name: string, openStage: () => StoreStage): void {
  describe(`${name} store of schedules`, () => {
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

    it('keeps schedules by pipeline, also after reopening', async () => {
      const manual = { ...SCHEDULE, pipeline: 'b', expression: null, startAt: null, endAt: 9 };
      await store.transaction(async (tx) => {
        await tx.schedules.save({ ...SCHEDULE, paused: false });
        await tx.schedules.save(manual);
        await tx.schedules.save(SCHEDULE);
      });
      await store.close();
      store = stage.open();
      expect(await store.read.schedules.list()).toEqual([manual, SCHEDULE]);
      await store.transaction((tx) => tx.schedules.delete('b'));
      expect([await store.read.schedules.get('crm'), await store.read.schedules.get('b')]).toEqual([
        SCHEDULE,
        undefined,
      ]);
    });

    it.each([
      ['pipeline', 'deletePipeline', 'crm'],
      ['service', 'deleteService', 'sandbox'],
    ] as const)(
      'deletes the schedule with its %s, and keeps it when that is saved',
      async (_what, remove, key) => {
        await store.transaction(async (tx) => {
          await tx.definitions.saveService(SERVICE);
          await tx.definitions.savePipeline(PIPELINE);
          await tx.schedules.save(SCHEDULE);
          await tx.definitions.saveService({ ...SERVICE, updatedAt: 2 });
          await tx.definitions.savePipeline({ ...PIPELINE, updatedAt: 2 });
        });
        expect(await store.read.schedules.get('crm')).toEqual(SCHEDULE);
        await store.transaction((tx) => tx.definitions[remove](key));
        expect(await store.read.schedules.list()).toEqual([]);
      },
    );

    it('stores one run for each slot and repetition', async () => {
      const first = { ...RUN, pipeline: 'crm', slot: { at: 60_000, retry: 0 } };
      const again = { ...first, id: 'run_2', slot: { at: 60_000, retry: 1 } };
      await store.transaction(async (tx) => {
        await tx.runs.save(first);
        await tx.runs.save(again);
        await tx.runs.save({ ...first, id: 'run_3', pipeline: 'other' });
      });
      expect([
        await store.read.runs.ofSlot('crm', 60_000),
        await store.read.runs.ofSlot('crm', 0),
      ]).toEqual([again, undefined]);
      await expect(
        store.transaction((tx) => tx.runs.save({ ...first, id: 'run_4' })),
      ).rejects.toThrow();
    });
  });
}
