import { describe, expect, it } from 'vitest';
import {
  manyTables,
  parents,
  SCHEMA,
  table,
} from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';
import type { SinkRecord } from './records.ts';

const catalog = catalogOfEachTest();

describe('deletion', () => {
  it('is soft, by name, and ignores missing entities', async () => {
    await catalog.run([...parents, ...manyTables(2)]);
    const report = await catalog.run([
      { kind: 'deletion', type: 'table', fqn: `${SCHEMA}.T0__c` },
      { kind: 'deletion', type: 'table', fqn: `${SCHEMA}.Gone` },
    ]);
    expect(report).toMatchObject({ status: 'success' });
    expect([
      catalog.storedTable('T0__c')['deleted'],
      catalog.storedTable('T1__c')['deleted'],
    ]).toEqual([true, false]);
  });

  it('sweeps the tables not listed', async () => {
    await catalog.run([...parents, ...manyTables(4)]);
    const report = await catalog.run([
      ...parents,
      table('T0__c'),
      {
        kind: 'sweep',
        type: 'table',
        parent: SCHEMA,
        keep: [`${SCHEMA}.T0__c`, `${SCHEMA}.T1__c`],
      },
    ]);
    expect(report.counts).toMatchObject({ deleted: 2 });
    expect(
      catalog.server.store
        .all('table')
        .filter(({ deleted }) => deleted)
        .map(({ fullyQualifiedName }) => fullyQualifiedName),
    ).toEqual([`${SCHEMA}.T2__c`, `${SCHEMA}.T3__c`]);
  });

  it('sweeps only within the filters and the range of the record', async () => {
    await catalog.run([...parents, ...manyTables(6)]);
    const report = await catalog.run([
      ...parents,
      {
        kind: 'sweep',
        type: 'table',
        parent: SCHEMA,
        keep: [`${SCHEMA}.T0__c`],
        among: { includes: ['T[0-3]'] },
        upTo: `${SCHEMA}.T2__c`,
      },
    ]);
    expect(report.counts).toMatchObject({ deleted: 2 });
    expect(
      catalog.server.store
        .all('table')
        .filter(({ deleted }) => deleted)
        .map(({ name }) => name),
    ).toEqual(['T1__c', 'T2__c']);
  });

  it('sweeps stored procedures, and databases with their children', async () => {
    const code = (name: string): SinkRecord => ({
      kind: 'entity',
      type: 'storedProcedure',
      fqn: `${SCHEMA}."${name}"`,
      request: { name, databaseSchema: SCHEMA, storedProcedureCode: { language: 'External' } },
    });
    await catalog.run([...parents, table('Account'), code('A.cls'), code('B.cls')]);
    await catalog.run([
      ...parents,
      { kind: 'sweep', type: 'storedProcedure', parent: SCHEMA, keep: [`${SCHEMA}."B.cls"`] },
    ]);
    expect(
      catalog.server.store.all('storedProcedure').map(({ name, deleted }) => [name, deleted]),
    ).toEqual([
      ['A.cls', true],
      ['B.cls', false],
    ]);
    await catalog.run([
      ...parents,
      { kind: 'sweep', type: 'databaseSchema', parent: 'crm.default', keep: [SCHEMA] },
    ]);
    expect(catalog.storedTable('Account')['deleted']).toBe(false);
    await catalog.run([
      ...parents,
      { kind: 'sweep', type: 'database', parent: 'crm', keep: ['crm.prod'] },
    ]);
    expect([
      catalog.server.store.get('database', 'crm.default').deleted,
      catalog.storedTable('Account')['deleted'],
    ]).toEqual([true, true]);
  });

  it('skips a sweep when the source listing is empty', async () => {
    await catalog.run([
      ...parents,
      ...manyTables(4),
      { kind: 'sweep', type: 'table', parent: SCHEMA, keep: [] },
    ]);
    expect(catalog.server.store.all('table').every(({ deleted }) => !deleted)).toBe(true);
  });

  it('is undone when an unchanged entity returns', async () => {
    await catalog.run([
      ...parents,
      ...manyTables(2),
      { kind: 'deletion', type: 'database', fqn: 'crm.default' },
    ]);
    expect(catalog.storedTable('T0__c')['deleted']).toBe(true);
    await catalog.run([...parents, ...manyTables(2)]);
    expect([
      catalog.server.store.get('database', 'crm.default').deleted,
      catalog.storedTable('T0__c')['deleted'],
      catalog.storedTable('T1__c')['deleted'],
    ]).toEqual([false, false, false]);
  });

  it('is undone within the same run', async () => {
    await catalog.run([...parents, ...manyTables(2)]);
    await catalog.run([
      ...parents,
      ...manyTables(2),
      { kind: 'deletion', type: 'table', fqn: `${SCHEMA}.T0__c` },
      { kind: 'sweep', type: 'table', parent: SCHEMA, keep: ['none'] },
      ...manyTables(1),
    ]);
    expect([
      catalog.storedTable('T0__c')['deleted'],
      catalog.storedTable('T1__c')['deleted'],
    ]).toEqual([false, true]);
  });

  it('of the service is undone', async () => {
    await catalog.run([...parents, table('Account')]);
    catalog.server.store.softDelete('databaseService', 'crm', true);
    expect(await catalog.run([...parents, table('Account')])).toMatchObject({
      status: 'success',
    });
    expect(catalog.server.store.get('databaseService', 'crm').deleted).toBe(false);
  });
});
