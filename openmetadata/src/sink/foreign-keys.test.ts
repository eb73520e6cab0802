import { describe, expect, it } from 'vitest';
import { parents, SCHEMA, table } from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';
import type { SinkRecord } from './records.ts';

const catalog = catalogOfEachTest();

describe('foreign keys', () => {
  const tag: SinkRecord = {
    kind: 'tag',
    classification: 'Salesforce',
    name: 'Confidential',
    description: 'x',
  };

  it('reach tables that arrive after records of other kinds', async () => {
    const between: readonly SinkRecord[] = [
      { kind: 'classification', name: 'Salesforce', description: 'x' },
      tag,
      { kind: 'lineage', from: `${SCHEMA}.Contact`, to: `${SCHEMA}.Contact` },
    ];
    const records = [
      ...parents,
      table('Contact', { references: ['Account'] }),
      ...between,
      table('Account'),
    ];
    expect((await catalog.run(records)).counts).not.toHaveProperty('droppedConstraints');
    expect(catalog.storedTable('Contact')['tableConstraints']).toHaveLength(1);
    expect((await catalog.run(records)).counts).toMatchObject({ unchanged: 5 });
  });

  it('stay in one request with tags between the tables', async () => {
    const classification: SinkRecord = {
      kind: 'classification',
      name: 'Salesforce',
      description: 'x',
    };
    await catalog.run([...parents, table('A'), classification, table('B'), tag, table('C')]);
    expect(catalog.countRequests('PUT /tables/bulk')).toBe(1);
  });

  const cycle = [
    table('Account', { references: ['User'] }),
    table('Contact', { references: ['Account', 'Contact'] }),
    table('User', { references: ['Account'] }),
  ];
  const keysOf = (name: string): readonly unknown[] =>
    (catalog.storedTable(name)['tableConstraints'] as { constraintType: string }[]).filter(
      ({ constraintType }) => constraintType === 'FOREIGN_KEY',
    );

  it('are written for cycles, self-references and any order of tables', async () => {
    const report = await catalog.run([...parents, ...cycle], {
      batch: { tables: 2, bytes: 1e9 },
    });
    expect(report).toMatchObject({ status: 'success', counts: { written: 6 } });
    expect(['Account', 'Contact', 'User'].map((name) => keysOf(name).length)).toEqual([1, 2, 1]);
  });

  it('are written with their table, after its targets; only cycles and self-references need a patch', async () => {
    const line = [
      table('Case', { references: ['Contact'] }),
      table('Contact', { references: ['Account'] }),
      table('Account', { references: ['User'] }),
      table('User'),
    ];
    expect((await catalog.run([...parents, ...line])).counts).toEqual({ written: 7 });
    expect(catalog.server.requests.filter((title) => title.startsWith('PATCH'))).toEqual([]);
    await catalog.run([
      ...parents,
      table('Lead', { references: ['Group'] }),
      table('Group', { references: ['Lead'] }),
      table('Queue', { references: ['Queue'] }),
      table('Task', { references: ['Lead', 'Group', 'Queue'] }),
    ]);
    expect(['Lead', 'Group', 'Queue', 'Task'].map((name) => keysOf(name).length)).toEqual([
      1, 1, 1, 3,
    ]);
    expect(catalog.server.requests.filter((title) => title.startsWith('PATCH'))).toHaveLength(2);
  });

  it('are all written in the patch for a table that refers to itself', async () => {
    let before: unknown;
    catalog.server.faults.push({
      on: /^PATCH \/tables/,
      meanwhile: () => (before = catalog.storedTable('Contact')['tableConstraints']),
    });
    const contact = table('Contact', { references: ['User', 'Contact'] });
    const report = await catalog.run([...parents, table('User'), contact]);
    expect(report.counts).toEqual({ written: 5, constrained: 1 });
    expect([before, keysOf('Contact').length]).toEqual([undefined, 2]);
  });

  it('wait for their targets within the memory limit', async () => {
    const waiting = Array.from({ length: 12 }, (_, index) =>
      table(`T${index}__c`, { references: ['User'] }),
    );
    const report = await catalog.run([...parents, ...waiting, table('User')], {
      maxHeldBytes: 2000,
      batch: { tables: 1 },
    });
    expect(report).toMatchObject({ status: 'success', counts: { written: 16 } });
    expect(report.counts['constrained']).toBeGreaterThan(4);
    expect(waiting.map((_, index) => keysOf(`T${index}__c`).length)).toEqual(waiting.map(() => 1));
  });

  it('are dropped when the server rejects them, and the table is written', async () => {
    await catalog.run([...parents, table('User')]);
    const odd = {
      name: 'Odd',
      databaseSchema: SCHEMA,
      columns: [{ name: 'UserId', dataType: 'VARCHAR', dataLength: 18 }],
      tableConstraints: [
        {
          constraintType: 'FOREIGN_KEY',
          columns: ['UserId'],
          referredColumns: [`${SCHEMA}.User.Nope`],
        },
      ],
    };
    const report = await catalog.run([
      ...parents,
      { kind: 'entity', type: 'table', fqn: `${SCHEMA}.Odd`, request: odd },
      table('Case'),
    ]);
    expect(report).toMatchObject({
      status: 'success',
      counts: { written: 2, droppedConstraints: 1 },
    });
    expect(catalog.storedTable('Odd')).not.toHaveProperty('tableConstraints');
  });

  it('do not make a table look changed on the next run', async () => {
    await catalog.run([...parents, ...cycle]);
    const before = catalog.server.requests.length;
    const report = await catalog.run([...parents, ...cycle.toReversed()]);
    expect(report.counts).toEqual({ unchanged: 6 });
    expect(
      catalog.server.requests.slice(before).filter((title) => !title.startsWith('GET')),
    ).toEqual([]);
  });

  it('are dropped and counted if the target is missing, and retried once it exists', async () => {
    const lonely = table('Case', { references: ['Entitlement'] });
    expect((await catalog.run([...parents, lonely])).counts).toMatchObject({
      written: 4,
      droppedConstraints: 1,
    });
    expect((await catalog.run([...parents, lonely])).counts).toEqual({ unchanged: 4 });
    await catalog.run([...parents, lonely, table('Entitlement')]);
    await catalog.run([...parents, lonely, table('Entitlement')]);
    expect(keysOf('Case')).toHaveLength(1);
  });
});
