import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { columnProfilesOf, hasValues, profilesIn } from '../../../../test/support/final-records.ts';
import {
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../../../../test/support/openmetadata-schemas.ts';
import {
  extractFrom,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;
let run: SalesforceRun;
const names = ['Lead', 'Campaign', 'Project__c'];

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 60 });
  run = await extractFrom(sandbox, {
    connection: { sobjectNames: names },
    sourceConfig: { profile: { maxApiCalls: 10 } },
  });
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

describe('profiles', () => {
  it('contain the null proportion and the distinct count of each column', () => {
    expect(profilesIn(run)).toHaveLength(names.length);
    for (const column of profilesIn(run).flatMap(columnProfilesOf)) {
      expect(column['nullProportion']).toBeGreaterThanOrEqual(0);
      expect(Number(column['valuesCount']) + Number(column['nullCount'])).toBeGreaterThan(0);
      expect(Number(column['distinctCount'])).toBeLessThanOrEqual(Number(column['valuesCount']));
      expect(column['distinctProportion']).toBeCloseTo(
        Number(column['distinctCount']) / Math.max(1, Number(column['valuesCount'])),
        3,
      );
    }
  });

  it('contain range and mean of numbers and the most common values of picklists', () => {
    const columns = profilesIn(run).flatMap(columnProfilesOf);
    const ranged = columns.filter((column) => typeof column['mean'] === 'number');
    expect(ranged.length).toBeGreaterThan(0);
    for (const { min, max, mean } of ranged as unknown as {
      min: number;
      max: number;
      mean: number;
    }[])
      expect(min <= mean && mean <= max).toBe(true);
    const lists = columns.flatMap(({ cardinalityDistribution: list }) =>
      list === undefined ? [] : [list as { categories: string[]; counts: number[] }],
    );
    expect(lists.length).toBeGreaterThan(0);
    for (const { categories, counts } of lists)
      expect([
        categories.length > 0,
        categories.length === counts.length,
        counts.every(
          (count, index) =>
            index === 0 || count <= counts[index - 1]! || categories[index] === 'Others',
        ),
      ]).toEqual([true, true, true]);
  });

  it('sum up the less common values of a picklist', () => {
    const lists = profilesIn(run)
      .flatMap(columnProfilesOf)
      .flatMap((column) =>
        column['cardinalityDistribution'] === undefined
          ? []
          : [
              {
                ...(column['cardinalityDistribution'] as {
                  counts: number[];
                  percentages: number[];
                }),
                of: Number(column['valuesCount']),
              },
            ],
      );
    for (const { counts, percentages, of } of lists) {
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(of);
      expect(Math.abs(percentages.reduce((sum, part) => sum + part, 0) - 100)).toBeLessThan(0.5);
    }
  });

  it('contain dates and times in ISO 8601', () => {
    const moments = profilesIn(run)
      .flatMap(columnProfilesOf)
      .flatMap(({ min, max }) => [min, max].filter((value) => typeof value === 'string'));
    expect(moments.length).toBeGreaterThan(0);
    for (const moment of moments)
      expect(moment).toMatch(/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?$/);
  });

  it('contain no values of text columns', () => {
    for (const record of tablesOf(run.records)) {
      const types = new Map(
        (record.request['columns'] as { name: string; dataType: string }[]).map(
          ({ name, dataType }) => [name, dataType],
        ),
      );
      expect(
        columnProfilesOf(profilesIn(run).find(({ table }) => table === record.fqn)!).filter(
          (column) => types.get(column.name) === 'VARCHAR' && hasValues(column),
        ),
      ).toEqual([]);
    }
  });

  it('take one call per table and one for classifications, within maxApiCalls', async () => {
    const calls = async (sourceConfig: object): Promise<number> => {
      sandbox.resetStats();
      await extractFrom(sandbox, {
        connection: { sobjectNames: names },
        sourceConfig: { ...sourceConfig },
      });
      return sandbox.stats().apiCalls;
    };
    const without = await calls({});
    expect(await calls({ profile: {} })).toBe(without + names.length + 1);
    expect(await calls({ profile: { maxApiCalls: 2 } })).toBe(without + 2);
    const some = await extractFrom(sandbox, {
      connection: { sobjectNames: names },
      sourceConfig: { profile: { maxApiCalls: 3 } },
    });
    expect(profilesIn(some).map((record) => columnProfilesOf(record).length > 0)).toEqual([
      true,
      true,
      false,
    ]);
    expect(some.logs.find(({ message }) => message.startsWith('profiles skipped'))?.data).toEqual({
      tables: 1,
      maxApiCalls: 3,
    });
  });

  it('are reduced to the row count, with a warning, if Salesforce rejects the query', async () => {
    sandbox.faults.install({
      match: { path: 'COUNT_DISTINCT' },
      effect: {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'OPERATION_TOO_LARGE', message: 'too large' }],
      },
    });
    const rejected = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Lead'] },
      sourceConfig: { profile: {} },
    });
    expect(
      profilesIn(rejected).map(({ request }) => [
        request['columnProfile'],
        (request['tableProfile'] as { rowCount: number }).rowCount > 0,
      ]),
    ).toEqual([[undefined, true]]);
    expect(
      rejected.logs.find(({ message }) => message.startsWith('failed to profile some tables'))
        ?.data,
    ).toEqual({ tables: 1 });
  });

  it('are not made unless requested', async () => {
    const plain = await extractFrom(sandbox, { connection: { sobjectNames: ['Lead'] } });
    expect(profilesIn(plain).flatMap(columnProfilesOf)).toEqual([]);
  });

  it.runIf(openMetadataSchemasPresent)('match OpenMetadata’s schema', () => {
    const validate = openMetadataValidator('api/data/createTableProfile.json');
    for (const record of profilesIn(run))
      expect(validate(record.request), JSON.stringify(validate.errors)).toBe(true);
    const columns = profilesIn(run).flatMap(columnProfilesOf);
    expect(
      validate({
        tableProfile: { timestamp: 1 },
        columnProfile: columns.map((column) => ({ ...column, min: ['not a number'] })),
      }),
    ).toBe(false);
  });
});
