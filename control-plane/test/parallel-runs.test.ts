import { describe, expect, it } from 'vitest';
import { outcomeLine } from './fake-records.ts';
import {
  table,
  sweep,
  unchanged,
  store,
  assign,
  send,
  deliver,
  tables,
  revision,
  useStore,
} from './late-runs-stage.ts';

useStore();

describe('runs delivered at the same time', () => {
  it("keep the newer run's entities, and its revision after a full run", async () => {
    const [older, newer] = [await assign(), await assign()];
    await send(newer, 1, [table('A', 'new')]);
    await send(older, 1, [table('A', 'old'), table('B', 'old')]);
    await send(newer, 2, [sweep('A'), outcomeLine([table('A', 'new'), sweep('A')])], true);
    const led = await revision();
    expect(led).not.toBe('');
    await send(
      older,
      3,
      [sweep('A', 'B'), outcomeLine([table('A', 'old'), table('B', 'old'), sweep('A', 'B')])],
      true,
    );
    expect([await tables(), await revision()]).toEqual([{ A: 'new' }, led]);
  });

  it('do not both succeed when one was based on a state that the other changed', async () => {
    await deliver(await assign(), [table('A', '1')]);
    const [older, newer] = [await assign(), await assign()];
    await send(newer, 1, [table('B', 'new')]);
    await send(older, 1, [table('A', 'old')]);
    const lines = [table('B', 'new'), unchanged('A')];
    await send(newer, 2, [unchanged('A'), outcomeLine(lines, { builtOn: newer.revision })], true);
    expect(await store.read.runs.get(newer.ref.runId)).toMatchObject({
      attempt: 2,
      status: { state: 'queued' },
    });
    expect(await revision()).toBe('');
  });
});
