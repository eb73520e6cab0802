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

describe('a first run', () => {
  it('writes service, database, schema and tables, the tables in bulk', async () => {
    const report = await catalog.run([...parents, ...manyTables(250)]);
    expect(report).toMatchObject({ status: 'success', counts: { written: 253 }, failures: [] });
    expect(catalog.server.store.all('table')).toHaveLength(250);
    expect(catalog.countRequests('PUT /tables/bulk')).toBe(3);
    expect(catalog.server.requests).toHaveLength(9);
  });

  it('reports its tables as they arrive', async () => {
    const seen: string[] = [];
    await catalog.run([...parents, ...manyTables(30)], {
      batch: { tables: 10 },
      concurrency: 1,
      onProgress: ({ tables: { received, done } }) => seen.push(`${done}/${received}`),
    });
    expect(seen).toContain('0/1');
    expect(seen).toContain('10/30');
    expect(seen.at(-1)).toBe('30/30');
    expect((await catalog.run([...parents, table('T0__c')])).counts).toEqual({ unchanged: 4 });
  });

  it('sends concurrent bulk requests up to the limit', async () => {
    const full = Promise.withResolvers<void>();
    catalog.server.faults.push({ on: /^PUT \/tables\/bulk$/, times: 3, until: full.promise });
    const running = catalog.run([...parents, ...manyTables(60)], {
      batch: { tables: 5, bytes: 1e9 },
      concurrency: 3,
    });
    await expect.poll(() => catalog.server.busiest).toBe(3);
    full.resolve();
    await running;
    expect(catalog.server.busiest).toBe(3);
  });

  it('keeps bulk requests below the size limit', async () => {
    await catalog.run([...parents, ...manyTables(20)], { batch: { tables: 100, bytes: 600 } });
    expect(catalog.countRequests('PUT /tables/bulk')).toBeGreaterThan(4);
    expect(catalog.server.store.all('table')).toHaveLength(20);
  });

  it('limits the columns of a bulk request', async () => {
    const columns = Array.from({ length: 120 }, (_, index) => ({
      name: `C${index}`,
      dataType: 'INT',
    }));
    await catalog.run([
      ...parents,
      ...Array.from({ length: 12 }, (_, index) => table(`T${index}__c`, { more: { columns } })),
    ]);
    expect(catalog.countRequests('PUT /tables/bulk')).toBe(3);
    expect(catalog.server.store.all('table')).toHaveLength(12);
  });

  it('writes tables one by one, after one try, if the server lacks bulk requests', async () => {
    catalog.server.state.bulk = false;
    const report = await catalog.run([...parents, ...manyTables(6)], {
      batch: { tables: 3, bytes: 1e9 },
      concurrency: 1,
    });
    expect(report.counts).toMatchObject({ written: 9 });
    expect(catalog.countRequests('PUT /tables/bulk')).toBe(1);
    expect(catalog.countRequests('PUT /tables')).toBe(6);
  });

  it('writes stored procedures, and counts a rejected one without failing', async () => {
    const code = (name: string): SinkRecord => ({
      kind: 'entity',
      type: 'storedProcedure',
      fqn: `${SCHEMA}.${name}`,
      request: { name, databaseSchema: SCHEMA, storedProcedureCode: { code: 'trigger' } },
    });
    const lost = {
      kind: 'entity',
      type: 'storedProcedure',
      fqn: 'nowhere.x',
      request: { name: 'x', databaseSchema: 'nowhere', storedProcedureCode: {} },
    } as const;
    const report = await catalog.run([...parents, ...manyTables(1), lost, code('OnAccount')]);
    expect(report.counts).toMatchObject({ storedProcedures: 1, failed: 1 });
    expect(catalog.server.store.get('storedProcedure', `${SCHEMA}.OnAccount`)).toMatchObject({
      name: 'OnAccount',
    });
  });

  it('creates classifications and tags before the tables that carry them', async () => {
    const label = {
      tagFQN: 'Salesforce."v1.Confidential"',
      source: 'Classification',
      labelType: 'Automated',
      state: 'Confirmed',
    };
    const report = await catalog.run([
      {
        kind: 'classification',
        name: 'Salesforce',
        description: 'What Salesforce says of its data',
      },
      {
        kind: 'tag',
        classification: 'Salesforce',
        name: 'v1.Confidential',
        description: 'Confidential',
      },
      ...parents,
      table('Account', { more: { tags: [label] } }),
    ]);
    expect(report).toMatchObject({ status: 'success', counts: { tags: 2, written: 4 } });
    expect(catalog.storedTable('Account')['tags']).toEqual([label]);
  });
});

describe('an incremental run', () => {
  it('sends only changed tables', async () => {
    await catalog.run([...parents, ...manyTables(120)]);
    const before = catalog.server.requests.length;
    const report = await catalog.run([
      ...parents,
      ...manyTables(120),
      table('T7__c', { more: { sourceUrl: 'https://acme.my.salesforce.com/7' } }),
    ]);
    expect(report.counts).toEqual({ written: 1, unchanged: 123 });
    expect(
      catalog.server.requests.slice(before).filter((title) => !title.startsWith('GET')),
    ).toEqual(['PUT /tables']);
    expect(catalog.server.requests.length - before).toBeLessThanOrEqual(8);
  });

  it('keeps the connection configured for the service in the catalog', async () => {
    await catalog.run(parents);
    const service = catalog.server.store.get('databaseService', 'crm');
    service['connection'] = { config: { type: 'Salesforce' } };
    await catalog.run(parents);
    expect(catalog.server.store.get('databaseService', 'crm')['connection']).toEqual({
      config: { type: 'Salesforce' },
    });
  });
});
