import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  batch,
  connect,
  outcomeLine,
  tableLine,
  type Connection,
  type Ref,
} from './fake-runner.ts';
import { openStage, prepareCatalog, startRun, type Stage } from './stage.ts';

const SCHEMA = 'sandbox.default.salesforce';
const line = (record: object): string => JSON.stringify(record);
const named = (name: string): string => `${SCHEMA}.${name}`;
const edge = (from: string, to: string, details: object = {}): string =>
  line({ kind: 'lineage', from: named(from), to: named(to), details });

let stage: Stage;
let connection: Connection;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

beforeEach(async () => {
  const identity = await stage.enroll();
  ({ connection } = await connect('ws', stage, identity));
  await prepareCatalog(stage.api, identity.runnerId);
  return () => connection.close();
});

async function begin(): Promise<{ readonly ref: Ref; readonly catalogRevision: string }> {
  await startRun(stage.api);
  const offer = await connection.take<{ ref: Ref; catalogRevision: string }>('offer');
  connection.send('accept', { ref: offer.ref });
  return offer;
}

/** A run that brings these lines, and goes by the revision that it was offered if there is something unchanged; the run as it ended. */
async function bring(
  lines: readonly string[],
  outcome: object = {},
): Promise<Record<string, unknown>> {
  const { ref, catalogRevision } = await begin();
  const builtOn = lines.some((one) => one.includes('"kind":"unchanged"'))
    ? { builtOn: catalogRevision }
    : {};
  connection.send(
    'batch',
    batch(ref, 1, [...lines, outcomeLine(lines, { ...builtOn, ...outcome })], { last: true }),
  );
  await connection.take('ack');
  return (await stage.api.get(`/api/v1/runs/${ref.runId}`)).body as Record<string, unknown>;
}

const table = async (name: string) => (await stage.api.get(`/api/v1/tables/${named(name)}`)).body;

describe('what is known about a table', () => {
  beforeAll(async () => {
    const tag = (name: string) => ({
      tagFQN: `SalesforceComplianceGroup.${name}`,
      source: 'Classification',
      labelType: 'Automated',
      state: 'Confirmed',
    });
    const lines = [
      line({
        kind: 'classification',
        name: 'SalesforceComplianceGroup',
        description: 'Compliance categories',
      }),
      line({
        kind: 'tag',
        classification: 'SalesforceComplianceGroup',
        name: 'GDPR',
        description: 'Personal data',
      }),
      line({
        kind: 'entity',
        type: 'table',
        fqn: named('Person'),
        request: {
          name: 'Person',
          databaseSchema: SCHEMA,
          tags: [tag('GDPR')],
          columns: [{ name: 'Email', dataType: 'VARCHAR', tags: [tag('GDPR'), tag('PCI')] }],
        },
        properties: {
          custom: false,
          columns: {
            Email: {
              owners: [
                { name: 'Ada', email: 'ada@acme.example', kind: 'user' },
                { name: 'Stewards', kind: 'group' },
              ],
            },
          },
        },
      }),
      line({
        kind: 'profile',
        table: named('Person'),
        request: { tableProfile: { timestamp: 5, rowCount: 42 } },
      }),
      line({
        kind: 'sampleData',
        table: named('Person'),
        request: { columns: ['Email'], rows: [['a@b.example']] },
      }),
      tableLine('Source'),
      edge('Source', 'Person', {
        source: 'ViewLineage',
        columnsLineage: [
          {
            fromColumns: [named('Source.Id')],
            toColumn: named('Person.Email'),
            function: 'Id & "x"',
          },
        ],
      }),
      line({
        kind: 'entity',
        type: 'storedProcedure',
        fqn: named('Person.trigger'),
        request: { name: 'Person.trigger' },
        properties: { objects: ['Person'] },
      }),
      line({
        kind: 'entity',
        type: 'storedProcedure',
        fqn: named('Other.cls'),
        request: { name: 'Other.cls' },
      }),
      line({ kind: 'entity', type: 'holograms', fqn: named('Person.h'), request: { depth: 3 } }),
    ];
    const identity = await stage.enroll();
    ({ connection } = await connect('ws', stage, identity));
    await prepareCatalog(stage.api, identity.runnerId);
    expect(await bring(lines)).toMatchObject({ state: 'success', integrity: 'ok', entities: 5 });
    connection.close();
  });

  it('has its tags with their meaning, and those of its columns', async () => {
    expect((await table('Person')).tags).toEqual([
      { tagFQN: 'SalesforceComplianceGroup.GDPR', column: null, description: 'Personal data' },
      { tagFQN: 'SalesforceComplianceGroup.GDPR', column: 'Email', description: 'Personal data' },
      { tagFQN: 'SalesforceComplianceGroup.PCI', column: 'Email', description: null },
    ]);
  });

  it('has owners, figures, sample, properties and where it was seen', async () => {
    expect(await table('Person')).toMatchObject({
      owners: [
        { name: 'Ada', email: 'ada@acme.example', kind: 'user', column: 'Email' },
        { name: 'Stewards', email: null, kind: 'group', column: 'Email' },
      ],
      profile: { tableProfile: { rowCount: 42 } },
      sample: { rows: [['a@b.example']] },
      code: [{ name: 'Person.trigger' }],
      properties: { custom: false },
      deleted: false,
      deletedAt: null,
      provenance: { seenBy: expect.stringMatching(/^run_/), seenAt: expect.any(Number) },
    });
  });

  it('has the ways its columns came', async () => {
    const way = {
      from: named('Source'),
      to: named('Person'),
      source: 'ViewLineage',
      description: null,
      columns: [{ from: [named('Source.Id')], to: named('Person.Email'), function: 'Id & "x"' }],
    };
    expect((await table('Person')).lineage).toEqual({ upstream: [way], downstream: [] });
    expect((await table('Source')).lineage).toEqual({ upstream: [], downstream: [way] });
  });

  it('is listed with everything else by type, types that nobody knows too', async () => {
    const { types } = (await stage.api.get('/api/v1/entity-types')).body;
    for (const type of [
      'table',
      'tag',
      'classification',
      'tableProfile',
      'sampleData',
      'holograms',
    ])
      expect(types).toContainEqual({ service: 'sandbox', type, count: type === 'table' ? 2 : 1 });
    expect((await stage.api.get('/api/v1/entities?type=holograms')).body).toMatchObject({
      total: 1,
      next: null,
      entities: [{ fqn: named('Person.h'), service: 'sandbox' }],
    });
    expect(
      (await stage.api.get(`/api/v1/entities/sandbox/holograms/${named('Person.h')}`)).body,
    ).toMatchObject({ request: { depth: 3 }, deleted: false });
    expect(
      (await stage.api.get(`/api/v1/entities/other/holograms/${named('Person.h')}`)).status,
    ).toBe(404);
  });
});

describe('lineage', () => {
  it('goes as many steps as asked, each table once, round trips included', async () => {
    await bring([
      ...['A', 'B', 'C', 'D'].map((name) => tableLine(name)),
      edge('A', 'B'),
      edge('B', 'C'),
      edge('C', 'D'),
      edge('C', 'A'),
      edge('C', 'C'),
      edge('D', 'Filtered'),
    ]);
    const graph = async (query: string) =>
      (await stage.api.get(`/api/v1/lineage/${named('B')}?${query}`)).body;
    const levels = ({ nodes }: { nodes: { name: string; level: number; known: boolean }[] }) =>
      Object.fromEntries(nodes.map(({ name, level }) => [name, level]));
    expect(levels(await graph(''))).toEqual({ A: -1, B: 0, C: 1 });
    const far = await graph('upstreamDepth=0&downstreamDepth=3');
    expect(levels(far)).toEqual({ A: 2, B: 0, C: 1, D: 2, Filtered: 3 });
    expect(far.nodes.find(({ name }: { name: string }) => name === 'Filtered')).toMatchObject({
      known: false,
      deleted: false,
    });
    expect(far).toMatchObject({ truncated: false });
    expect((await stage.api.get(`/api/v1/lineage/${named('B')}?upstreamDepth=9`)).status).toBe(400);
  });

  it('ends where a picture would', async () => {
    await bring(Array.from({ length: 250 }, (_, index) => edge('Hub', `Spoke${index}`)));
    const { edges, truncated } = (await stage.api.get(`/api/v1/lineage/${named('Hub')}`)).body;
    expect([edges.length, truncated]).toEqual([200, true]);
  });

  it('goes away where a run vouches for all of it, and nowhere else', async () => {
    const kind = { source: 'ViewLineage' };
    await bring([
      edge('A', 'B', kind),
      edge('A', 'C', kind),
      edge('Outside', 'C', kind),
      edge('B', 'C', { source: 'Manual' }),
    ]);
    const all = async () =>
      (
        await Promise.all(
          ['A', 'B', 'Outside'].map(
            async (name) =>
              (
                await stage.api.get(
                  `/api/v1/lineage/${named(name)}?upstreamDepth=0&downstreamDepth=1`,
                )
              ).body.edges,
          ),
        )
      )
        .flat()
        .map(({ from, to }: { from: string; to: string }) =>
          `${from} ${to}`.replaceAll(`${SCHEMA}.`, ''),
        );
    const sweep = line({
      kind: 'lineageSweep',
      parent: SCHEMA,
      tables: ['A', 'B', 'C'],
      source: 'ViewLineage',
    });
    await bring([edge('A', 'B', kind), sweep], { status: 'failed' });
    expect(await all()).toEqual(['A B', 'A C', 'B C', 'Outside C']);
    await bring([edge('A', 'B', kind), sweep]);
    expect(await all()).toEqual(['A B', 'B C', 'Outside C']);
  });

  it('replaces what was said of a pair, and takes nothing about other services', async () => {
    await bring([edge('X', 'Y', { description: 'old' })]);
    await bring([
      edge('X', 'Y', { description: 'new' }),
      line({ kind: 'lineage', from: named('X'), to: 'other.default.salesforce.Y' }),
    ]);
    expect((await stage.api.get(`/api/v1/lineage/${named('X')}`)).body.edges).toMatchObject([
      { to: named('Y'), description: 'new' },
    ]);
  });
});

describe('what is gone', () => {
  const sweep = (...keep: string[]): string =>
    line({ kind: 'sweep', type: 'table', parent: SCHEMA, keep: keep.map(named) });
  const deleted = async (...names: string[]) =>
    Promise.all(names.map(async (name) => (await table(name)).deleted));

  beforeEach(async () => {
    await bring(['Kept', 'Gone', 'Named'].map((name) => tableLine(name)));
  });

  it('is marked after a run that ended well, and is there again when it is seen again', async () => {
    await bring([
      tableLine('Kept'),
      line({ kind: 'deletion', type: 'table', fqn: named('Named') }),
      sweep('Kept', 'Named'),
    ]);
    expect(await deleted('Kept', 'Gone', 'Named')).toEqual([false, true, true]);
    const list = async (query: string) =>
      (await stage.api.get(`/api/v1/tables?service=sandbox&limit=500&${query}`)).body.tables.map(
        ({ name }: { name: string }) => name,
      );
    expect(await list('q=Gone')).toEqual([]);
    expect(await list('q=Gone&deleted=true')).toEqual(['Gone']);
    await bring([tableLine('Named'), line({ kind: 'unchanged', fqns: [named('Gone')] })]);
    expect(await deleted('Gone', 'Named')).toEqual([false, false]);
  });

  it.each([
    ['failed', { status: 'failed', error: { code: 'X', message: 'x' } }],
    ['cancelled', { status: 'cancelled' }],
    ['garbled', { digest: '0'.repeat(64) }],
  ])('is not believed of a run that was %s', async (_name, outcome) => {
    await bring([sweep('Kept')], outcome);
    expect(await deleted('Gone', 'Named')).toEqual([false, false]);
  });

  it('is not everything: a source with no table at all is not believed, nor a word about another service', async () => {
    await bring([
      sweep(),
      line({ kind: 'sweep', type: 'table', parent: 'other.default.salesforce', keep: ['x'] }),
    ]);
    expect(await deleted('Kept', 'Gone')).toEqual([false, false]);
  });
});

describe('a sweep', () => {
  const deleted = async (...names: string[]) =>
    Promise.all(names.map(async (name) => (await table(name)).deleted));
  const sweep = (more: object): string =>
    line({ kind: 'sweep', type: 'table', parent: SCHEMA, keep: [named('A1')], ...more });

  beforeEach(async () => {
    await bring(['A1', 'A2', 'B1', 'B2', 'C1'].map((name) => tableLine(name)));
  });

  it.each([
    ['a range of names', { after: named('A2'), upTo: named('B1') }, ['B1']],
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
    ['nothing, with a pattern that cannot be used', { among: { includes: ['(?=A)'] } }, []],
    ['nothing, with a scope that cannot be read', { among: { includes: 'A' } }, []],
  ])('touches %s', async (_name, more, gone) => {
    await bring([sweep(more)]);
    const names = ['A1', 'A2', 'B1', 'B2', 'C1'];
    const marks = await deleted(...names);
    expect(names.filter((_, index) => marks[index])).toEqual(gone);
  });

  it('of databases takes what is in them, and code as well as tables; what is written again is there again', async () => {
    await bring([
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
    const run = await bring([
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

describe('a table that has not changed', () => {
  it('keeps what it was, and is marked as seen by the run', async () => {
    await bring([tableLine('Calm')]);
    const before = await table('Calm');
    const run = await bring([line({ kind: 'unchanged', fqns: [named('Calm')] })], {
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

  it('and that is not known here makes the run a partial one, with what to do', async () => {
    const run = await bring([
      tableLine('Calm'),
      line({ kind: 'unchanged', fqns: [named('Calm'), named('NeverThere')] }),
    ]);
    expect(run).toMatchObject({
      state: 'partialSuccess',
      error: {
        code: 'CATALOG_INCOMPLETE',
        message: 'the catalog lacks 1 entity that the runner reported as unchanged',
      },
    });
    expect((await stage.api.get(`/api/v1/tables/${named('NeverThere')}`)).status).toBe(404);
  });
});

describe('how a run ends', () => {
  it('failed, when the records are not those that the outcome vouches for', async () => {
    expect(await bring([tableLine('A')], { records: 7 })).toMatchObject({
      state: 'failed',
      error: {
        code: 'INTEGRITY_MISMATCH',
        message: expect.stringContaining('7'),
        remedy: expect.any(String),
      },
    });
  });

  it('partly succeeded, with the reason', async () => {
    const error = {
      code: 'SALESFORCE_BUDGET',
      message: 'the allocation would be used up',
      remedy: 'Run it again tomorrow.',
      retryable: true,
    };
    expect(await bring([tableLine('A')], { status: 'partialSuccess', error })).toMatchObject({
      state: 'partialSuccess',
      error: { code: 'SALESFORCE_BUDGET', message: error.message },
    });
  });
});
