import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../../../../test/support/openmetadata-schemas.ts';
import {
  SAMPLE_SCHEMA,
  SAMPLED_NAMES,
  sampleOf,
  samplesOf,
  skippedIn,
  startSampleOrg,
  valuesOf,
  type SampleOrg,
} from '../../../../test/support/sample-org.ts';
import { extractFrom, type SalesforceRun } from '../../../../test/support/salesforce-run.ts';
import type { Column } from '../../../../openmetadata/src/columns.ts';

let org: SampleOrg;
let run: SalesforceRun;

beforeAll(async () => {
  org = await startSampleOrg();
  run = await org.run();
});
afterAll(() => org.sandbox.close());
afterEach(() => org.sandbox.faults.clear());

describe('sample rows', () => {
  it('contain rows of plain values of each table', () => {
    expect(
      samplesOf(run)
        .map(({ table }) => table)
        .sort(),
    ).toEqual(SAMPLED_NAMES.map((name) => `${SAMPLE_SCHEMA}.${name}`).sort());
    for (const { columns, rows } of samplesOf(run).map(({ request }) => request)) {
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.length).toBeLessThanOrEqual(50);
      expect(new Set(rows.map((row) => row.length))).toEqual(new Set([columns.length]));
      for (const cell of rows.flat())
        expect(cell === null || ['string', 'number', 'boolean'].includes(typeof cell)).toBe(true);
    }
    expect([
      valuesOf('Account', 'Open__c', run)[0],
      valuesOf('Account', 'Score__c', run)[0],
      valuesOf('Account', 'Vip__c', run)[0],
    ]).toEqual(['Anyone may know', 4.5, true]);
    expect(run.counts.get('samples')).toBe(SAMPLED_NAMES.length);
  });

  it('follow their table and name columns of it', () => {
    for (const { table, request } of samplesOf(run)) {
      const at = run.records.findIndex(
        (record) => record.kind === 'entity' && record.fqn === table,
      );
      expect(at).toBeLessThan(
        run.records.findIndex((record) => record.kind === 'sampleData' && record.table === table),
      );
      const columns = (
        run.records[at] as unknown as { request: { columns: Column[] } }
      ).request.columns.map(({ name }) => name);
      expect(request.columns.filter((name) => !columns.includes(name))).toEqual([]);
    }
  });

  it('truncate long text without leaving a part of a secret', () => {
    expect(valuesOf('Account', 'Notes__c', run)[0]).toBe(`${'word '.repeat(97)}[secret] and m…`);
    expect(valuesOf('Account', 'Unbroken__c', run)[0]).toBe(`${'x'.repeat(499)}…`);
  });

  it('contain the requested number of rows', async () => {
    expect(sampleOf('Account', await org.run({ rows: 3 })).rows).toHaveLength(3);
    await expect(org.run({ rows: 101 })).rejects.toMatchObject({ code: 'JOB_INVALID' });
  });

  it('contain no more rows than fit one record', async () => {
    org.sandbox.org.edit({ kind: 'addObject', name: 'Wide__c' });
    for (let index = 0; index < 60; index += 1)
      org.sandbox.org.edit({
        kind: 'addField',
        object: 'Wide__c',
        field: {
          name: `T${index}__c`,
          type: 'textarea',
          length: 32_000,
          governance: {},
          content: 'déjà '.repeat(99),
        },
      });
    const [record] = samplesOf(
      await org.run({ rows: 100 }, { connection: { sobjectNames: ['Wide__c'] } }),
    );
    expect(record!.request.rows.length).toBeGreaterThan(1);
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(1024 * 1024);
  });

  it.runIf(openMetadataSchemasPresent)('match OpenMetadata’s schema', () => {
    const validate = openMetadataValidator('entity/data/table.json#/definitions/tableData');
    for (const { request } of samplesOf(run))
      expect(validate(request), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ columns: ['A'], rows: [['b']], more: 1 })).toBe(false);
  });

  it('makes one call for classifications and one for five tables, within maxApiCalls', async () => {
    const calls = async (sourceConfig: object): Promise<number> => {
      org.sandbox.resetStats();
      await extractFrom(org.sandbox, {
        connection: { sobjectNames: SAMPLED_NAMES },
        sourceConfig: { ...sourceConfig },
        limits: { sampleRows: true },
      });
      return org.sandbox.stats().apiCalls;
    };
    const without = await calls({});
    expect(await calls({ sampleRows: {} })).toBe(without + 3);
    const some = await org.run({ maxApiCalls: 2 });
    expect(samplesOf(some)).toHaveLength(5);
    expect(skippedIn(some)).toEqual([['maxApiCalls is used up', { tables: 2, maxApiCalls: 2 }]]);
    expect(await calls({ sampleRows: { maxApiCalls: 1 } })).toBe(without);
  });

  it('skips a table whose query is rejected', async () => {
    org.sandbox.faults.install({
      match: { path: 'FROM(?:%20|\\+)Lead(?:%20|\\+)LIMIT' },
      effect: {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'MALFORMED_QUERY', message: 'Implementation restriction' }],
      },
    });
    const some = await org.run();
    expect(samplesOf(some)).toHaveLength(SAMPLED_NAMES.length - 1);
    expect(skippedIn(some)).toEqual([['Salesforce rejected the query', { tables: 1 }]]);
  });
});
