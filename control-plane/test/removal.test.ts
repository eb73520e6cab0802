import { beforeEach, describe, expect, it } from 'vitest';
import { tableLine } from './fake-records.ts';
import { SCHEMA, line, fqnOf, stage, runWith, table, useCatalog } from './catalog-stage.ts';

useCatalog();

describe('removal', () => {
  const sweep = (...keep: string[]): string =>
    line({ kind: 'sweep', type: 'table', parent: SCHEMA, keep: keep.map(fqnOf) });
  const deleted = async (...names: string[]) =>
    Promise.all(names.map(async (name) => (await table(name)).deleted));

  beforeEach(async () => {
    await runWith(['Kept', 'Gone', 'Named'].map((name) => tableLine(name)));
  });

  it('is applied after a successful run, and undone when the table is seen again', async () => {
    await runWith([
      tableLine('Kept'),
      line({ kind: 'deletion', type: 'table', fqn: fqnOf('Named') }),
      sweep('Kept', 'Named'),
    ]);
    expect(await deleted('Kept', 'Gone', 'Named')).toEqual([false, true, true]);
    const list = async (query: string) =>
      (await stage.api.get(`/api/v1/tables?service=sandbox&limit=500&${query}`)).body.tables.map(
        ({ name }: { name: string }) => name,
      );
    expect(await list('q=Gone')).toEqual([]);
    expect(await list('q=Gone&deleted=true')).toEqual(['Gone']);
    await runWith([tableLine('Named'), line({ kind: 'unchanged', fqns: [fqnOf('Gone')] })]);
    expect(await deleted('Gone', 'Named')).toEqual([false, false]);
  });

  it.each([
    ['failed', { status: 'failed', error: { code: 'X', message: 'x' } }],
    ['canceled', { status: 'cancelled' }],
    ['corrupted', { digest: '0'.repeat(64) }],
  ])('is ignored after a run that was %s', async (_name, outcome) => {
    await runWith([sweep('Kept')], outcome);
    expect(await deleted('Gone', 'Named')).toEqual([false, false]);
  });

  it('is ignored for an empty source listing and for another service', async () => {
    await runWith([
      sweep(),
      line({ kind: 'sweep', type: 'table', parent: 'other.default.salesforce', keep: ['x'] }),
    ]);
    expect(await deleted('Kept', 'Gone')).toEqual([false, false]);
  });
});

describe('sweep', () => {
  const deleted = async (...names: string[]) =>
    Promise.all(names.map(async (name) => (await table(name)).deleted));
  const sweep = (more: object): string =>
    line({ kind: 'sweep', type: 'table', parent: SCHEMA, keep: [fqnOf('A1')], ...more });

  beforeEach(async () => {
    await runWith(['A1', 'A2', 'B1', 'B2', 'C1'].map((name) => tableLine(name)));
  });

  it.each([
    ['a range of names', { after: fqnOf('A2'), upTo: fqnOf('B1') }, ['B1']],
    [
      'what the filters let through',
      { among: { includes: ['[ab]'], excludes: ['B2'] } },
      ['A2', 'B1'],
    ],
    [
      'what passes by its full name',
      { among: { includes: ['sandbox\\.default\\.salesforce\\.C'], qualified: true } },
      ['C1'],
    ],
    ['what was asked for by name', { among: { names: ['b2', 'a1'] } }, ['B2']],
    ['nothing, with an invalid pattern', { among: { includes: ['(?=A)'] } }, []],
    ['nothing, with an invalid scope', { among: { includes: 'A' } }, []],
  ])('removes %s', async (_name, more, gone) => {
    await runWith([sweep(more)]);
    const names = ['A1', 'A2', 'B1', 'B2', 'C1'];
    const marks = await deleted(...names);
    expect(names.filter((_, index) => marks[index])).toEqual(gone);
  });

  it('of databases removes their contents, and writing restores them', async () => {
    await runWith([
      line({
        kind: 'entity',
        type: 'database',
        fqn: 'sandbox.old',
        request: { name: 'old', service: 'sandbox' },
      }),
      line({
        kind: 'entity',
        type: 'table',
        fqn: 'sandbox.old.salesforce.T',
        request: { name: 'T', databaseSchema: 'sandbox.old.salesforce' },
      }),
      line({
        kind: 'entity',
        type: 'storedProcedure',
        fqn: `${SCHEMA}."X.cls"`,
        request: { name: 'X.cls', databaseSchema: SCHEMA },
      }),
    ]);
    const run = await runWith([
      line({ kind: 'sweep', type: 'database', parent: 'sandbox', keep: ['sandbox.default'] }),
      line({ kind: 'sweep', type: 'storedProcedure', parent: SCHEMA, keep: [`${SCHEMA}."Y.cls"`] }),
    ]);
    const gone = async (type: string, fqn: string) =>
      (await stage.api.get(`/api/v1/entities/sandbox/${type}/${encodeURIComponent(fqn)}`)).body
        .deleted;
    expect([
      await gone('database', 'sandbox.old'),
      await gone('table', 'sandbox.old.salesforce.T'),
      await gone('storedProcedure', `${SCHEMA}."X.cls"`),
    ]).toEqual([true, true, true]);
    expect(await deleted('A1', 'C1')).toEqual([false, false]);
    expect(run).toMatchObject({ state: 'success' });
  });
});

describe('unchanged table', () => {
  it('keeps its contents and is marked as seen by the run', async () => {
    await runWith([tableLine('Calm')]);
    const before = await table('Calm');
    const run = await runWith([line({ kind: 'unchanged', fqns: [fqnOf('Calm')] })], {
      counts: { unchanged: 1 },
    });
    const after = await table('Calm');
    expect(after.request).toEqual(before.request);
    expect([after.provenance.runId, after.provenance.seenBy]).toEqual([
      before.provenance.runId,
      run['id'],
    ]);
    expect(run).toMatchObject({ state: 'success', entities: 0, counts: { unchanged: 1 } });
  });

  it('makes the run a partial success with a remedy when the catalog lacks it', async () => {
    const run = await runWith([
      tableLine('Calm'),
      line({ kind: 'unchanged', fqns: [fqnOf('Calm'), fqnOf('NeverThere')] }),
    ]);
    expect(run).toMatchObject({
      state: 'partialSuccess',
      error: {
        code: 'CATALOG_INCOMPLETE',
        message: 'the catalog lacks 1 entity that the runner reported as unchanged',
      },
    });
    expect((await stage.api.get(`/api/v1/tables/${fqnOf('NeverThere')}`)).status).toBe(404);
  });
});
