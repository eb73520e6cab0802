import { describe, expect, it } from 'vitest';
import {
  SCHEMA,
  line,
  fqnOf,
  table,
  edge,
  sweep,
  unchanged,
  deletion,
  store,
  assign,
  deliver,
  tables,
  revision,
  useStore,
} from './late-runs-stage.ts';

useStore();

describe('run delivered after one that was assigned later', () => {
  it('does not overwrite newer entities and still counts its own', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [table('A', 'new'), sweep('A')]);
    const after = await revision();
    expect(await deliver(older, [table('A', 'old')])).toBe('success');
    expect([await tables(), await revision()]).toEqual([{ A: 'new' }, after]);
    expect(await store.read.runs.attempt(older.ref.runId, older.ref.epoch)).toMatchObject({
      entities: 1,
      integrity: 'ok',
    });
  });

  it('does not remove tables that the newer run added', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [table('A', 'new'), table('B', 'new'), sweep('A', 'B')]);
    await deliver(older, [table('A', 'old'), deletion('B'), sweep('A')]);
    expect(await tables()).toEqual({ A: 'new', B: 'new' });
  });

  it.each([
    ['never contained', []],
    ['contained before', [table('Gone', 'oldest')]],
  ])(
    'does not restore a table that the newer run found removed and the catalog %s',
    async (_what, before) => {
      await deliver(await assign(), [table('A', 'oldest'), ...before]);
      const [older, newer] = [await assign(), await assign()];
      await deliver(newer, [table('A', 'new'), sweep('A')]);
      await deliver(older, [table('A', 'old'), table('Gone', 'old'), sweep('A', 'Gone')]);
      expect(await tables()).toEqual({ A: 'new' });
    },
  );

  it('does not restore a table that both report as removed', async () => {
    await deliver(await assign(), [table('A', '1'), table('Gone', '1')]);
    await deliver(await assign(), [table('A', '2'), sweep('A')]);
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [table('A', '4'), sweep('A')]);
    await deliver(older, [table('A', '3'), table('Gone', '3')]);
    expect(await tables()).toEqual({ A: '4' });
  });

  it('does not restore a table deleted by name, nor its contents', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [
      table('A', 'new'),
      deletion('Gone'),
      line({ kind: 'sweep', type: 'database', parent: 'crm', keep: ['crm.default'] }),
    ]);
    const elsewhere = line({
      kind: 'entity',
      type: 'table',
      fqn: 'crm.former.salesforce.T',
      request: { name: 'T', databaseSchema: 'crm.former.salesforce' },
    });
    await deliver(older, [table('Gone', 'old'), elsewhere]);
    expect(await tables()).toEqual({ A: 'new' });
  });

  it('adds entities that the newer run did not report, and clears the revision', async () => {
    const [older, newer] = [await assign(), await assign()];
    const filtered = line({
      kind: 'sweep',
      type: 'table',
      parent: SCHEMA,
      keep: [fqnOf('B1')],
      among: { includes: ['B'] },
    });
    await deliver(newer, [table('B1', 'new'), filtered]);
    expect(await revision()).not.toBe('');
    expect(await deliver(older, [table('A1', 'old'), table('B2', 'old')])).toBe('success');
    expect([await tables(), await revision()]).toEqual([{ A1: 'old', B1: 'new' }, '']);
  });

  it('does not overwrite newer lineage', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [edge('A', 'B', 'new')]);
    await deliver(older, [edge('A', 'B', 'old'), edge('A', 'C', 'old')]);
    expect(
      (await store.read.lineage.of(fqnOf('A'), 'downstream', 9)).map(({ to, details }) => [
        to,
        details['description'],
      ]),
    ).toEqual([
      [fqnOf('B'), 'new'],
      [fqnOf('C'), 'old'],
    ]);
  });

  const reported = (from: string, to: string): string =>
    line({ kind: 'lineage', from: fqnOf(from), to: fqnOf(to), details: { source: 'ViewLineage' } });

  it('does not restore lineage that the newer run found removed', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [
      reported('A', 'B'),
      line({
        kind: 'lineageSweep',
        parent: SCHEMA,
        tables: ['A', 'B', 'C'],
        source: 'ViewLineage',
      }),
    ]);
    await deliver(older, [
      reported('A', 'B'),
      reported('A', 'C'),
      reported('A', 'D'),
      edge('B', 'C', 'of another source'),
    ]);
    const edges = [
      ...(await store.read.lineage.of(fqnOf('A'), 'downstream', 9)),
      ...(await store.read.lineage.of(fqnOf('B'), 'downstream', 9)),
    ];
    expect(edges.map(({ from, to }) => [from, to])).toEqual([
      [fqnOf('A'), fqnOf('B')],
      [fqnOf('A'), fqnOf('D')],
      [fqnOf('B'), fqnOf('C')],
    ]);
  });

  it('does not delete newer lineage', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [reported('A', 'B')]);
    await deliver(older, [
      line({ kind: 'lineageSweep', parent: SCHEMA, tables: ['A', 'B'], source: 'ViewLineage' }),
    ]);
    expect(await store.read.lineage.of(fqnOf('A'), 'downstream', 9)).toHaveLength(1);
  });

  it('does not restore unchanged tables that the newer run removed', async () => {
    await deliver(await assign(), [table('A', '1'), table('Gone', '1')]);
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [sweep('A')]);
    await deliver(older, [unchanged('A', 'Gone')], { builtOn: older.revision });
    expect(await tables()).toEqual({ A: '1' });
  });

  it('applies where the newer run failed, except for the tables that it reported', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [table('A', 'new'), sweep('A')], { status: 'failed' });
    expect(await deliver(older, [table('A', 'old'), table('B', 'old'), sweep('A', 'B')])).toBe(
      'success',
    );
    expect([await tables(), await revision()]).toEqual([{ A: 'new', B: 'old' }, '']);
  });

  it('adds nothing when the records of the newer run have been deleted', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [table('A', 'new'), sweep('A')]);
    await store.transaction(async (tx) => {
      await tx.records.drop(newer.ref.runId, 1000);
      await tx.runs.save({ ...(await tx.runs.get(newer.ref.runId))!, recordsKept: false });
    });
    await deliver(older, [table('Gone', 'old')]);
    expect(await tables()).toEqual({ A: 'new' });
  });
});
