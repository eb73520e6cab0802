import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../simulated-clock.ts';
import { EdgeIndex } from './edge-index.ts';
import { id, open, other, S, table } from './opened-store.ts';
import { SlowBulks } from './slow-bulks.ts';
import type { Json } from './store.ts';

/* Statuses and messages are those of a real server (1.12.6) for the same requests. */

describe('the lineage rules of a real server', () => {
  it('fail a concurrent second edge to one table, and store it', async () => {
    const [index, kept]: [EdgeIndex, string[]] = [new EdgeIndex(), []];
    const put = (from: string, to: string): Promise<number> =>
      index.put(to, () => kept.push(`${from} -> ${to}`));
    const outcomes = await Promise.allSettled([put('A', 'X'), put('B', 'X'), put('C', 'Y')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({
      reason: { status: 500, message: expect.stringContaining('409 Conflict') as string },
    });
    expect(kept).toEqual(['A -> X', 'B -> X', 'C -> Y']);
    await expect(put('D', 'X')).resolves.toBe(4);
  });

  it('reject the deletion of a missing edge with 404', () => {
    const { store, request: send } = open();
    store.put('table', table([id]));
    const [from, to] = [store.get('table', `${S}.There`).id, store.get('table', `${S}.T`).id];
    send('PUT', 'lineage', {
      edge: { fromEntity: { id: from, type: 'table' }, toEntity: { id: to, type: 'table' } },
    });
    const path = `lineage/table/${from}/table/${to}`;
    expect([send('DELETE', path).status, send('DELETE', path)]).toEqual([
      200,
      { status: 404, body: { message: 'Lineage edge not found' } },
    ]);
  });
});

describe('the versions of a real server', () => {
  const unique = { constraintType: 'UNIQUE', columns: ['Id'] };
  it.each<[string, Json, Json, number]>([
    ['stay when nothing changes', table([id, other]), table([id, other]), 0.1],
    ['are minor when something is added', table([id]), table([id, other]), 0.2],
    ['are major when a column is removed', table([id, other]), table([id]), 1.1],
    [
      'are major when a column gets another type',
      table([id, other]),
      table([id, { name: 'Other', dataType: 'DOUBLE' }]),
      1.1,
    ],
    ['are major when a key is removed', table([id], [unique]), table([id]), 1.1],
  ])('%s', (_what, first, second, version) => {
    const { store, request: send } = open();
    send('PUT', 'tables', first);
    send('PUT', 'tables/bulk', [second]);
    expect(store.get('table', `${S}.T`).version).toBe(version);
  });

  it('are minor when keys are added by a patch', () => {
    const { store, request: send } = open();
    send('PUT', 'tables', table([id]));
    send('PATCH', `tables/name/${S}.T`, [
      { op: 'add', path: '/tableConstraints', value: [unique] },
    ]);
    expect(store.get('table', `${S}.T`).version).toBe(0.2);
  });
});

describe('a patch', () => {
  it('is not stored with If-Match, though the answer has the new state', () => {
    const { store, request: send } = open();
    send('PUT', 'tables', table([id]));
    const { etag } = send('GET', `tables/name/${S}.T`);
    const operations = [{ op: 'add', path: '/description', value: 'new' }];
    const answer = send('PATCH', `tables/name/${S}.T`, operations, etag);
    expect(answer).toMatchObject({ status: 200, body: { description: 'new' } });
    expect(store.get('table', `${S}.T`)).toMatchObject({ version: 0.1 });
    expect(store.get('table', `${S}.T`)).not.toHaveProperty('description');
  });

  it('is rejected as a whole when a test in it fails', () => {
    const { store, request: send } = open();
    send('PUT', 'tables', table([id]));
    const answer = send('PATCH', `tables/name/${S}.T`, [
      { op: 'test', path: '/version', value: 0.2 },
      { op: 'add', path: '/description', value: 'new' },
    ]);
    expect(answer.status).toBe(500);
    expect(store.get('table', `${S}.T`)).not.toHaveProperty('description');
  });
});

describe('the lineage of a column that is removed', () => {
  it('loses its mappings, and the edge stays', () => {
    const { store, state, request: send } = open();
    send('PUT', 'tables', table([id, other]));
    const [from, to] = [`${S}.There`, `${S}.T`];
    const mapping = (column: string): Json => ({
      fromColumns: [`${from}.Id`],
      toColumn: `${to}.${column}`,
    });
    send('PUT', 'lineage', {
      edge: {
        fromEntity: { id: store.get('table', from).id, type: 'table' },
        toEntity: { id: store.get('table', to).id, type: 'table' },
        lineageDetails: { columnsLineage: [mapping('Id'), mapping('Other')] },
      },
    });
    send('PUT', 'tables', table([id]));
    expect([...state.lineage.values()]).toMatchObject([
      { lineageDetails: { columnsLineage: [mapping('Id')] } },
    ]);
  });
});

describe('slow bulk requests', () => {
  it('take twice as long if one is resent while in progress', async () => {
    const clock = new SimulatedClock();
    const bulks = new SlowBulks(clock, { create: 1, update: 50 });
    const ends: number[] = [];
    const take = (): void =>
      void bulks.take([table([id, other])], () => true).then(() => ends.push(clock.monotonic()));
    take();
    await clock.advance(50);
    take();
    await clock.advance(1_000);
    expect(ends[0]).toBeGreaterThan(140);
    expect(ends).toEqual([ends[0], ends[1]]);
    expect(ends[1]).toBe(200);
    expect(bulks.most).toBe(2);
  });
});
