import { beforeAll, describe, expect, it } from 'vitest';
import { tableLine } from './fake-records.ts';
import {
  connectRunner,
  SCHEMA,
  line,
  fqnOf,
  edge,
  stage,
  connection,
  runWith,
  table,
  useCatalog,
} from './catalog-stage.ts';

useCatalog();

describe('table view', () => {
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
        fqn: fqnOf('Person'),
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
        table: fqnOf('Person'),
        request: { tableProfile: { timestamp: 5, rowCount: 42 } },
      }),
      line({
        kind: 'sampleData',
        table: fqnOf('Person'),
        request: { columns: ['Email'], rows: [['a@b.example']] },
      }),
      tableLine('Source'),
      edge('Source', 'Person', {
        source: 'ViewLineage',
        columnsLineage: [
          {
            fromColumns: [fqnOf('Source.Id')],
            toColumn: fqnOf('Person.Email'),
            function: 'Id & "x"',
          },
        ],
      }),
      line({
        kind: 'entity',
        type: 'storedProcedure',
        fqn: fqnOf('Person.trigger'),
        request: { name: 'Person.trigger' },
        properties: { objects: ['Person'] },
      }),
      line({
        kind: 'entity',
        type: 'storedProcedure',
        fqn: fqnOf('Other.cls'),
        request: { name: 'Other.cls' },
      }),
      line({ kind: 'entity', type: 'holograms', fqn: fqnOf('Person.h'), request: { depth: 3 } }),
    ];
    await connectRunner();
    expect(await runWith(lines)).toMatchObject({ state: 'success', integrity: 'ok', entities: 5 });
    connection.close();
  });

  it('shows tags of table and columns with descriptions', async () => {
    expect((await table('Person')).tags).toEqual([
      { tagFQN: 'SalesforceComplianceGroup.GDPR', column: null, description: 'Personal data' },
      { tagFQN: 'SalesforceComplianceGroup.GDPR', column: 'Email', description: 'Personal data' },
      { tagFQN: 'SalesforceComplianceGroup.PCI', column: 'Email', description: null },
    ]);
  });

  it('shows owners, profile, sample, properties and provenance', async () => {
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

  it('shows column lineage', async () => {
    const way = {
      from: fqnOf('Source'),
      to: fqnOf('Person'),
      source: 'ViewLineage',
      description: null,
      columns: [{ from: [fqnOf('Source.Id')], to: fqnOf('Person.Email'), function: 'Id & "x"' }],
    };
    expect((await table('Person')).lineage).toEqual({ upstream: [way], downstream: [] });
    expect((await table('Source')).lineage).toEqual({ upstream: [], downstream: [way] });
  });

  it('lists entities by type, including unknown types', async () => {
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
      entities: [{ fqn: fqnOf('Person.h'), service: 'sandbox' }],
    });
    expect(
      (await stage.api.get(`/api/v1/entities/sandbox/holograms/${fqnOf('Person.h')}`)).body,
    ).toMatchObject({ request: { depth: 3 }, deleted: false });
    expect(
      (await stage.api.get(`/api/v1/entities/other/holograms/${fqnOf('Person.h')}`)).status,
    ).toBe(404);
  });
});

describe('outcome', () => {
  it('fails the run when the stored records do not match it', async () => {
    expect(await runWith([tableLine('A')], { records: 7 })).toMatchObject({
      state: 'failed',
      error: {
        code: 'INTEGRITY_MISMATCH',
        message: expect.stringContaining('7'),
        remedy: expect.any(String),
      },
    });
  });

  it('ends the run as a partial success with the reason', async () => {
    const error = {
      code: 'SALESFORCE_BUDGET',
      message: 'the allocation would be used up',
      remedy: 'Run it again tomorrow.',
      retryable: true,
    };
    expect(await runWith([tableLine('A')], { status: 'partialSuccess', error })).toMatchObject({
      state: 'partialSuccess',
      error: { code: 'SALESFORCE_BUDGET', message: error.message },
    });
  });
});
