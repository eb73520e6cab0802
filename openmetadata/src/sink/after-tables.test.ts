import { describe, expect, it } from 'vitest';
import {
  manyTables,
  parents,
  SCHEMA,
  table,
} from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';
import type { Cell } from '../../../foundation/src/domain/record.ts';
import type { SinkRecord } from './records.ts';

const catalog = catalogOfEachTest();

describe('records after the tables', () => {
  it('replace sample rows; the server rejects unknown columns', async () => {
    const sample = (
      table: string,
      columns: readonly string[],
      rows: readonly (readonly Cell[])[],
    ): SinkRecord => ({
      kind: 'sampleData',
      table: `${SCHEMA}.${table}`,
      request: { columns, rows },
    });
    expect(
      await catalog.run([...parents, table('A'), table('B'), sample('A', ['Id'], [['1']])]),
    ).toMatchObject({ status: 'success', counts: { samples: 1 } });
    const report = await catalog.run([
      ...parents,
      table('A'),
      table('B'),
      sample('B', ['Gone__c'], [[null]]),
      sample('A', ['Id'], [['2'], [null]]),
    ]);
    expect(report).toMatchObject({
      status: 'partialSuccess',
      counts: { samples: 1, failed: 1 },
      failures: [{ name: `sample of "${SCHEMA}.B"`, code: 'SINK_REJECTED' }],
    });
    expect(catalog.server.state.samples).toEqual(
      new Map([[`${SCHEMA}.A`, { columns: ['Id'], rows: [['2'], [null]] }]]),
    );
  });

  it('add lineage and profiles', async () => {
    const details = {
      source: 'QueryLineage',
      columnsLineage: [{ fromColumns: [`${SCHEMA}.T0__c.Id`], toColumn: `${SCHEMA}.T1__c.Id` }],
    };
    const report = await catalog.run([
      ...parents,
      ...manyTables(3),
      { kind: 'lineage', from: `${SCHEMA}.T0__c`, to: `${SCHEMA}.T1__c`, details },
      {
        kind: 'profile',
        table: `${SCHEMA}.T2__c`,
        request: { tableProfile: { timestamp: 1, rowCount: 7 } },
      },
    ]);
    expect(report).toMatchObject({ status: 'success', counts: { lineage: 1, profiles: 1 } });
    expect(catalog.server.state.lineage.get(`${SCHEMA}.T0__c -> ${SCHEMA}.T1__c`)).toMatchObject({
      lineageDetails: details,
    });
    expect(catalog.server.state.profiles.get(`${SCHEMA}.T2__c`)).toMatchObject({
      tableProfile: { rowCount: 7 },
    });
  });

  it('read many table ids by listing', async () => {
    const edges = Array.from({ length: 99 }, (_, index): SinkRecord => ({
      kind: 'lineage',
      from: `${SCHEMA}.T${index}__c`,
      to: `${SCHEMA}.T${index + 1}__c`,
    }));
    const report = await catalog.run([...parents, ...manyTables(100), ...edges]);
    expect(report.counts).toMatchObject({ lineage: 99 });
    expect(
      catalog.server.requests.filter((title) => title.startsWith('GET /tables')).length,
    ).toBeLessThanOrEqual(4);
    expect(catalog.server.busiest).toBeGreaterThan(1);
  });

  it('list stored procedures when there are many, and do not ask for those of a new schema', async () => {
    const code = (index: number, text = 'x'): SinkRecord => ({
      kind: 'entity',
      type: 'storedProcedure',
      fqn: `${SCHEMA}.trigger${index}`,
      request: {
        name: `trigger${index}`,
        databaseSchema: SCHEMA,
        storedProcedureCode: { code: text },
      },
    });
    const all = Array.from({ length: 130 }, (_, index) => code(index));
    const procedures = (): readonly string[] =>
      catalog.server.requests.filter((title) => title.includes(' /storedProcedures'));
    await catalog.run([...parents, ...all]);
    expect(new Set(procedures())).toEqual(new Set(['PUT /storedProcedures']));
    catalog.server.requests.length = 0;
    await catalog.run([...parents, ...all.slice(0, 129), code(129, 'y')]);
    expect(catalog.countRequests('PUT /storedProcedures')).toBe(1);
    expect(procedures().length).toBeLessThan(25);
    expect(catalog.server.store.get('storedProcedure', `${SCHEMA}.trigger129`)).toMatchObject({
      storedProcedureCode: { code: 'y' },
    });
  });

  it('skip unchanged lineage', async () => {
    const edge = (fromColumns: readonly string[]): SinkRecord => ({
      kind: 'lineage',
      from: `${SCHEMA}.T0__c`,
      to: `${SCHEMA}.T1__c`,
      details: {
        source: 'ViewLineage',
        columnsLineage: [{ fromColumns, toColumn: `${SCHEMA}.T1__c.Id` }],
      },
    });
    const records = [...parents, ...manyTables(2)];
    const [id, name] = [`${SCHEMA}.T0__c.Id`, `${SCHEMA}.T0__c.Name`];
    await catalog.run([...records, edge([id, name])]);
    await catalog.run([...records, edge([name, id])]);
    expect(catalog.countRequests('PUT /lineage')).toBe(1);
    await catalog.run([...records, edge([id])]);
    expect(catalog.countRequests('PUT /lineage')).toBe(2);
    catalog.server.faults.push({
      on: /^GET \/lineage/,
      status: 200,
      text: '{"upstreamEdges":"?"}',
    });
    await catalog.run([...records, edge([id])]);
    expect(catalog.countRequests('PUT /lineage')).toBe(3);
  });

  describe('lineage to one table', () => {
    const from = (index: number): SinkRecord => ({
      kind: 'lineage',
      from: `${SCHEMA}.T${index}__c`,
      to: `${SCHEMA}.T0__c`,
      details: { source: 'ViewLineage' },
    });

    it('is written one edge at a time', async () => {
      const report = await catalog.run([
        ...parents,
        ...manyTables(30),
        ...Array.from({ length: 29 }, (_, index) => from(index + 1)),
      ]);
      expect(report).toMatchObject({ status: 'success', counts: { lineage: 29 } });
      expect(catalog.countRequests('PUT /lineage')).toBe(29);
    });

    it('is counted as written if the server stored it but failed to update its search index', async () => {
      catalog.server.faults.push({
        on: /^PUT \/lineage$/,
        keeps: true,
        status: 500,
        text: '{"code":500,"message":"409 Conflict"}',
      });
      expect(await catalog.run([...parents, ...manyTables(2), from(1)])).toMatchObject({
        status: 'success',
        counts: { lineage: 1 },
      });
      expect(catalog.countRequests('PUT /lineage')).toBe(1);
      catalog.server.faults.push({ on: /^PUT \/lineage$/, times: 4, status: 500 });
      expect(await catalog.run([...parents, ...manyTables(3), from(2)])).toMatchObject({
        status: 'partialSuccess',
        counts: { failed: 1 },
      });
    });

    const edges = (): string[] =>
      [...catalog.server.state.lineage.keys()].map((name) => name.replaceAll(`${SCHEMA}.`, ''));
    const sweep = (...tables: string[]): SinkRecord => ({
      kind: 'lineageSweep',
      parent: SCHEMA,
      tables,
      source: 'ViewLineage',
    });

    it('is deleted only if stale, between swept tables, and of the same source', async () => {
      await catalog.run([
        ...parents,
        ...manyTables(5),
        from(1),
        from(2),
        { ...from(3), details: { source: 'Manual' } } as SinkRecord,
        from(4),
      ]);
      const report = await catalog.run([
        ...parents,
        ...manyTables(5),
        from(1),
        sweep('T0__c', 'T1__c', 'T2__c', 'T3__c'),
      ]);
      expect(report).toMatchObject({
        status: 'success',
        counts: { lineage: 1, lineageDeleted: 1 },
      });
      expect(edges()).toEqual(['T1__c -> T0__c', 'T3__c -> T0__c', 'T4__c -> T0__c']);
    });

    it('is deleted to the last edge, once', async () => {
      await catalog.run([...parents, ...manyTables(2), from(1)]);
      const all = [...parents, ...manyTables(2), sweep('T0__c', 'T1__c', 'Gone')];
      expect((await catalog.run(all)).counts).toMatchObject({ lineageDeleted: 1 });
      expect((await catalog.run(all)).counts).not.toHaveProperty('lineageDeleted');
      expect(edges()).toEqual([]);
    });
  });

  it('count lineage to a missing table as failed', async () => {
    const report = await catalog.run([
      ...parents,
      ...manyTables(2),
      { kind: 'lineage', from: `${SCHEMA}.T0__c`, to: `${SCHEMA}.Gone` },
    ]);
    expect(report).toMatchObject({
      status: 'partialSuccess',
      counts: { failed: 1 },
      failures: [{ code: 'SINK_REJECTED' }],
    });
  });
});
