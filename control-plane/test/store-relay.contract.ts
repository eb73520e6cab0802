import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { end } from '../src/runs/run.ts';
import type { CatalogMark, Relay } from '../src/store/relay.ts';
import type { Store } from '../src/store/store.ts';
import { RUN, type StoreStage } from './store-fixtures.ts';

export const RELAY: Relay = {
  runId: 'run_1',
  service: 'sandbox',
  endpoint: 'prod',
  deployment: 'd1',
  pipelineFqn: 'sandbox.nightly',
  pipelineRunId: 'r1',
  queuedAt: 5,
  config: { overrideMetadata: true },
  overrideMetadata: true,
  stopped: false,
  status: { state: 'waiting', trouble: null },
  counts: { written: 3 },
};
const MARK: CatalogMark = {
  endpoint: 'prod',
  service: 'sandbox',
  serviceId: 's1',
  pipelineFqn: 'sandbox.nightly',
  pipelineRunId: 'r1',
  counts: { tables: 3 },
  at: 9,
};

/** What every store must do with relays. */
export function storeRelayContract(openStage: () => StoreStage): void {
  describe('relays of a store', () => {
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
    const save = (relay: Partial<Relay>) =>
      store.transaction((tx) => tx.relays.save({ ...RELAY, ...relay }));

    it('keeps a relay as it was saved, over a restart', async () => {
      await save({});
      await store.close();
      store = stage.open();
      expect(await store.read.relays.get('run_1')).toEqual(RELAY);
    });

    it('lists open relays in the order of their runs, whatever is saved later', async () => {
      await save({ runId: 'b' });
      await save({ runId: 'a' });
      await save({ runId: 'c' });
      await save({ runId: 'b', counts: {} });
      const error = { code: 'A', message: 'b', remedy: 'c' };
      await save({ runId: 'c', status: { state: 'failed', error, endedAt: 1 } });
      expect((await store.read.relays.open()).map(({ runId }) => runId)).toEqual(['b', 'a']);
    });

    it('finds the newest relay of a deployment, open or not', async () => {
      await save({ runId: 'a' });
      await save({
        runId: 'b',
        status: { state: 'done', result: 'success', error: null, endedAt: 1 },
      });
      await save({ runId: 'c', deployment: 'd2' });
      expect((await store.read.relays.latest('prod', 'd1'))?.runId).toBe('b');
      expect(await store.read.relays.latest('other', 'd1')).toBeUndefined();
    });

    it('keeps one mark for each service of an endpoint', async () => {
      const { relays } = store.read;
      await store.transaction((tx) => tx.relays.saveMark(MARK));
      await store.transaction((tx) => tx.relays.saveMark({ ...MARK, at: 10 }));
      expect(await relays.mark('prod', 'sandbox')).toEqual({ ...MARK, at: 10 });
      expect(await relays.mark('test', 'sandbox')).toBeUndefined();
      await store.transaction((tx) => tx.relays.deleteMark('prod', 'sandbox'));
      expect(await relays.mark('prod', 'sandbox')).toBeUndefined();
    });

    it('pages the lines of a run', async () => {
      const line = { time: 1, level: 'info', message: 'written', data: { tables: 2 } };
      await store.transaction(async (tx) => {
        for (const runId of ['run_1', 'run_2', 'run_1']) await tx.relays.appendLog(runId, line);
      });
      const [first] = await store.read.relays.log('run_1', 0, 1);
      expect(first).toMatchObject(line);
      const rest = await store.read.relays.log('run_1', first!.position, 10);
      expect(rest).toHaveLength(1);
    });

    it('keeps the records of a run until its relay has ended', async () => {
      const ended = (id: string) => end({ ...RUN, id }, 'success', 1, null);
      await store.transaction(async (tx) => {
        for (const id of ['run_1', 'run_2', 'run_3']) await tx.runs.save(ended(id));
      });
      await save({ status: { state: 'writing', epoch: 1, trouble: null } });
      expect((await store.read.runs.oldestBeyond(1))?.id).toBe('run_2');
      await save({ status: { state: 'done', result: 'success', error: null, endedAt: 1 } });
      expect((await store.read.runs.oldestBeyond(1))?.id).toBe('run_1');
    });
  });
}
