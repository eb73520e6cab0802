import { describe, expect, it } from 'vitest';
import {
  manyTables,
  parents,
  SCHEMA,
  table,
} from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';
import { deadlineClock } from '../../../test/support/deadline-clock.ts';
import type { SinkRecord } from './records.ts';

const catalog = catalogOfEachTest();

const DEADLINE_MS = 311;

const edge: SinkRecord = {
  kind: 'lineage',
  from: `${SCHEMA}.T1__c`,
  to: `${SCHEMA}.T0__c`,
  details: { source: 'ViewLineage' },
};
const profile: SinkRecord = {
  kind: 'profile',
  table: `${SCHEMA}.T0__c`,
  request: { tableProfile: { timestamp: 1, rowCount: 7 } },
};
const code: SinkRecord = {
  kind: 'entity',
  type: 'storedProcedure',
  fqn: `${SCHEMA}.trigger`,
  request: { name: 'trigger', databaseSchema: SCHEMA, storedProcedureCode: { code: 'x' } },
};
const records = [...parents, ...manyTables(2), table('Loop', { references: ['Loop'] })];

describe('a call that times out', () => {
  it.each([
    'PUT /databases',
    'PUT /lineage',
    'PUT /storedProcedures',
    `PATCH /tables/name/${SCHEMA}.Loop`,
  ])('is not repeated while the server carries it out: %s', async (title) => {
    const slow = Promise.withResolvers<void>();
    const clock = deadlineClock(DEADLINE_MS, slow.resolve);
    catalog.server.faults.push({
      on: new RegExp(`^${title}$`),
      until: slow.promise,
      meanwhile: clock.expire,
    });
    const report = await catalog.run([...records, edge, code], {
      clock,
      timeoutMs: DEADLINE_MS,
    });
    expect(report).toMatchObject({
      status: 'success',
      counts: { written: 6, lineage: 1, storedProcedures: 1, constrained: 1 },
    });
    expect(catalog.countRequests(title)).toBe(1);
  });

  it.each([
    ['that can be looked for', code],
    ['that cannot', profile],
  ])(
    'is repeated after twice its deadline when nothing came of it: a record %s',
    async (_how, record) => {
      const clock = deadlineClock(DEADLINE_MS);
      catalog.server.faults.push({
        on: /^PUT .*(?:storedProcedures|tableProfile)$/,
        hang: true,
        meanwhile: clock.expire,
      });
      const report = await catalog.run([...records, record], { clock, timeoutMs: DEADLINE_MS });
      expect(report.status).toBe('success');
      expect(clock.pauses.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(2 * DEADLINE_MS, -1);
    },
  );
});

describe('after a bulk request that timed out', () => {
  const run = async (): Promise<void> => {
    const clock = deadlineClock(DEADLINE_MS);
    catalog.server.faults.unshift({
      on: /^PUT \/tables\/bulk$/,
      hang: true,
      meanwhile: clock.expire,
    });
    const report = await catalog.run([...parents, ...manyTables(12)], {
      clock,
      timeoutMs: DEADLINE_MS,
      batch: { tables: 4 },
      concurrency: 1,
    });
    expect(report).toMatchObject({ status: 'success', counts: { written: 15 } });
    expect(catalog.server.store.all('table')).toHaveLength(12);
  };

  it('the server works in the background, and gets each table once', async () => {
    await run();
    expect(catalog.server.state.backgroundJobs).toBe(catalog.countRequests('PUT /tables/bulk') - 1);
    expect(catalog.countRequests('PUT /tables')).toBe(0);
    expect(catalog.server.store.all('table').every(({ version }) => version === 0.1)).toBe(true);
  });

  it('the server may not know how to work in the background', async () => {
    catalog.server.state.background = false;
    await run();
  });

  it('the server may answer 500 for a table that it is creating', async () => {
    catalog.server.faults.push({ on: /^GET \/tables\/name/, status: 500, times: 12 });
    await run();
  });

  it('tables that a background job lost are sent one by one', async () => {
    catalog.server.faults.push({
      on: /^PUT \/tables\/bulk$/,
      status: 202,
      text: '{"status":"success"}',
    });
    await run();
    expect(catalog.countRequests('PUT /tables')).toBe(2);
  });
});
