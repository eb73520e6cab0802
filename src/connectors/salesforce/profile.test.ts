import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { openMetadataSchemasPresent, openMetadataValidator } from '../../../test/support/openmetadata-schemas.ts';
import { extractFrom, tablesOf, type SalesforceRun } from '../../../test/support/salesforce-run.ts';
import type { ProfileRecord } from '../../domain/record.ts';
import { profilableOf, type ColumnProfile } from './profile.ts';
import type { TableProperties } from './table-properties.ts';

let sandbox: Sandbox;
let run: SalesforceRun;
const names = ['Lead', 'Campaign', 'Project__c'];

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 60 });
  run = await extractFrom(sandbox, { connection: { sobjectNames: names }, sourceConfig: { profile: { maxApiCalls: 10 } } });
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

function profiles(of: SalesforceRun = run): ProfileRecord[] {
  return of.records.filter((record) => record.kind === 'profile');
}

function columnsOf({ request }: ProfileRecord): readonly ColumnProfile[] {
  return (request['columnProfile'] ?? []) as readonly ColumnProfile[];
}

describe('a profile', () => {
  it('says of each column how much of it is empty and how many values there are', () => {
    expect(profiles()).toHaveLength(names.length);
    for (const column of profiles().flatMap(columnsOf)) {
      expect(column['nullProportion']).toBeGreaterThanOrEqual(0);
      expect(Number(column['valuesCount']) + Number(column['nullCount'])).toBeGreaterThan(0);
      expect(Number(column['distinctCount'])).toBeLessThanOrEqual(Number(column['valuesCount']));
      expect(column['distinctProportion']).toBeCloseTo(Number(column['distinctCount']) / Math.max(1, Number(column['valuesCount'])), 3);
    }
  });

  it('has the range and mean of numbers, and the values of picklists that occur most', () => {
    const columns = profiles().flatMap(columnsOf);
    const ranged = columns.filter((column) => typeof column['mean'] === 'number');
    expect(ranged.length).toBeGreaterThan(0);
    for (const { min, max, mean } of ranged as unknown as { min: number; max: number; mean: number }[]) expect(min <= mean && mean <= max).toBe(true);
    const lists = columns.flatMap(({ cardinalityDistribution: list }) => (list === undefined ? [] : [list as { categories: string[]; counts: number[] }]));
    expect(lists.length).toBeGreaterThan(0);
    for (const { categories, counts } of lists) expect([categories.length > 0, categories.length === counts.length, counts.every((count, index) => index === 0 || count <= counts[index - 1]! || categories[index] === 'Others')]).toEqual([true, true, true]);
  });

  it('counts the values of a picklist that are not among the commonest together', () => {
    const lists = profiles().flatMap(columnsOf).flatMap((column) => (column['cardinalityDistribution'] === undefined ? [] : [{ ...(column['cardinalityDistribution'] as { counts: number[]; percentages: number[] }), of: Number(column['valuesCount']) }]));
    for (const { counts, percentages, of } of lists) {
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(of);
      expect(Math.abs(percentages.reduce((sum, part) => sum + part, 0) - 100)).toBeLessThan(0.5);
    }
  });

  it('writes moments as ISO 8601 has them', () => {
    const moments = profiles().flatMap(columnsOf).flatMap(({ min, max }) => [min, max].filter((value) => typeof value === 'string'));
    expect(moments.length).toBeGreaterThan(0);
    for (const moment of moments) expect(moment).toMatch(/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?$/);
  });

  it('takes no value of text, nor of a classified field', () => {
    for (const record of tablesOf(run.records)) {
      const facts = (record.properties as unknown as TableProperties).columns ?? {};
      const types = new Map((record.request['columns'] as { name: string; dataType: string }[]).map(({ name, dataType }) => [name, dataType]));
      for (const column of columnsOf(profiles().find(({ table }) => table === record.fqn)!)) {
        const { securityClassification = 'Public', complianceGroups } = facts[column.name] ?? {};
        if (types.get(column.name) === 'VARCHAR' || securityClassification !== 'Public' || complianceGroups !== undefined) expect(Object.keys(column).filter((key) => ['min', 'max', 'mean', 'cardinalityDistribution'].includes(key))).toEqual([]);
      }
    }
    expect(profilableOf([{ name: 'Salary__c', dataType: 'DECIMAL' }], ['Salary__c'], { Salary__c: { complianceGroups: ['PII'] } })).toEqual([{ name: 'Salary__c', depth: 'counts', numeric: true }]);
  });

  it('costs a call a table and no more than it may', async () => {
    const calls = async (sourceConfig: object): Promise<number> => {
      sandbox.resetStats();
      await extractFrom(sandbox, { connection: { sobjectNames: names }, sourceConfig: { ...sourceConfig } });
      return sandbox.stats().apiCalls;
    };
    expect(await calls({ profile: { maxApiCalls: 1 } })).toBe(await calls({}) + 1);
  });

  it('that Salesforce refuses leaves the count of rows, and is said', async () => {
    sandbox.faults.install({ match: { path: 'COUNT_DISTINCT' }, effect: { kind: 'respond', status: 400, body: [{ errorCode: 'OPERATION_TOO_LARGE', message: 'too large' }] } });
    const refused = await extractFrom(sandbox, { connection: { sobjectNames: ['Lead'] }, sourceConfig: { profile: {} } });
    expect(profiles(refused).map(({ request }) => [request['columnProfile'], (request['tableProfile'] as { rowCount: number }).rowCount > 0])).toEqual([[undefined, true]]);
    expect(refused.logs.find(({ message }) => message.includes('could not be profiled'))?.data).toEqual({ tables: 1 });
  });

  it('is not made unless it is asked for', async () => {
    const plain = await extractFrom(sandbox, { connection: { sobjectNames: ['Lead'] } });
    expect(profiles(plain).flatMap(columnsOf)).toEqual([]);
  });

  it.runIf(openMetadataSchemasPresent)('fits OpenMetadata’s own schema', () => {
    const validate = openMetadataValidator('api/data/createTableProfile.json');
    for (const record of profiles()) expect(validate(record.request), JSON.stringify(validate.errors)).toBe(true);
    const figures = profiles().flatMap(columnsOf);
    expect(validate({ tableProfile: { timestamp: 1 }, columnProfile: figures.map((column) => ({ ...column, min: ['no figure'] })) })).toBe(false);
  });
});
