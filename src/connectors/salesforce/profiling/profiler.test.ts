import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../../../../test/support/openmetadata-schemas.ts';
import {
  extractFrom,
  tableNamed,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import type { ProfileRecord } from '../../../domain/record.ts';
import type { ColumnProfile } from './column-profile.ts';

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

function profiles(of: SalesforceRun = run): ProfileRecord[] {
  return of.records.filter((record) => record.kind === 'profile');
}

function columnsOf({ request }: ProfileRecord): readonly ColumnProfile[] {
  return (request['columnProfile'] ?? []) as readonly ColumnProfile[];
}

/** Whether it tells of values, and not of their number alone. */
function hasValues(column: ColumnProfile): boolean {
  return ['min', 'max', 'mean', 'cardinalityDistribution'].some((figure) =>
    Object.hasOwn(column, figure),
  );
}

describe('a profile', () => {
  it('says of each column how much of it is empty and how many values there are', () => {
    expect(profiles()).toHaveLength(names.length);
    for (const column of profiles().flatMap(columnsOf)) {
      expect(column['nullProportion']).toBeGreaterThanOrEqual(0);
      expect(Number(column['valuesCount']) + Number(column['nullCount'])).toBeGreaterThan(0);
      expect(Number(column['distinctCount'])).toBeLessThanOrEqual(Number(column['valuesCount']));
      expect(column['distinctProportion']).toBeCloseTo(
        Number(column['distinctCount']) / Math.max(1, Number(column['valuesCount'])),
        3,
      );
    }
  });

  it('has the range and mean of numbers, and the values of picklists that occur most', () => {
    const columns = profiles().flatMap(columnsOf);
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

  it('counts the values of a picklist that are not among the commonest together', () => {
    const lists = profiles()
      .flatMap(columnsOf)
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

  it('writes moments as ISO 8601 has them', () => {
    const moments = profiles()
      .flatMap(columnsOf)
      .flatMap(({ min, max }) => [min, max].filter((value) => typeof value === 'string'));
    expect(moments.length).toBeGreaterThan(0);
    for (const moment of moments)
      expect(moment).toMatch(/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?$/);
  });

  it('takes no value of text', () => {
    for (const record of tablesOf(run.records)) {
      const types = new Map(
        (record.request['columns'] as { name: string; dataType: string }[]).map(
          ({ name, dataType }) => [name, dataType],
        ),
      );
      expect(
        columnsOf(profiles().find(({ table }) => table === record.fqn)!).filter(
          (column) => types.get(column.name) === 'VARCHAR' && hasValues(column),
        ),
      ).toEqual([]);
    }
  });

  it('is one call a table and one for the classifications of all, and no more than it may', async () => {
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
    expect(profiles(some).map((record) => columnsOf(record).length > 0)).toEqual([
      true,
      true,
      false,
    ]);
    expect(some.logs.find(({ message }) => message.startsWith('profiles skipped'))?.data).toEqual({
      tables: 1,
      maxApiCalls: 3,
    });
  });

  it('that Salesforce refuses leaves the count of rows, and is said', async () => {
    sandbox.faults.install({
      match: { path: 'COUNT_DISTINCT' },
      effect: {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'OPERATION_TOO_LARGE', message: 'too large' }],
      },
    });
    const refused = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Lead'] },
      sourceConfig: { profile: {} },
    });
    expect(
      profiles(refused).map(({ request }) => [
        request['columnProfile'],
        (request['tableProfile'] as { rowCount: number }).rowCount > 0,
      ]),
    ).toEqual([[undefined, true]]);
    expect(
      refused.logs.find(({ message }) => message.startsWith('failed to profile some tables'))?.data,
    ).toEqual({ tables: 1 });
  });

  it('is not made unless it is asked for', async () => {
    const plain = await extractFrom(sandbox, { connection: { sobjectNames: ['Lead'] } });
    expect(profiles(plain).flatMap(columnsOf)).toEqual([]);
  });

  it.runIf(openMetadataSchemasPresent)('fits OpenMetadata’s own schema', () => {
    const validate = openMetadataValidator('api/data/createTableProfile.json');
    for (const record of profiles())
      expect(validate(record.request), JSON.stringify(validate.errors)).toBe(true);
    const figures = profiles().flatMap(columnsOf);
    expect(
      validate({
        tableProfile: { timestamp: 1 },
        columnProfile: figures.map((column) => ({ ...column, min: ['no figure'] })),
      }),
    ).toBe(false);
  });
});

describe('the values of a column', () => {
  const open = ['Open_Score__c', 'Open_List__c', 'Site__Latitude__s'];
  const closed = [
    'Salary__c',
    'Published__c',
    'Illness__c',
    'Doubled__c',
    'Depot__Latitude__s',
    'Otp__c',
  ];

  beforeAll(() => {
    // A profile lists the values of few picklists, so those that are planted must be the first.
    const { columns } = tableNamed(run.records, 'Project__c');
    for (const { name } of columns.filter(({ dataType }) => dataType === 'ENUM'))
      sandbox.org.edit({ kind: 'removeField', object: 'Project__c', field: name });
    const plant = (
      name: string,
      type: 'double' | 'picklist' | 'location',
      more: object = {},
    ): void => {
      sandbox.org.edit({
        kind: 'addField',
        object: 'Project__c',
        field: {
          name,
          type,
          governance: {},
          ...(type === 'double' ? { content: 4711 } : {}),
          ...more,
        },
      });
    };
    plant('Open_Score__c', 'double');
    plant('Open_List__c', 'picklist', { content: 'Harmless' });
    plant('Site__c', 'location');
    plant('Site__Latitude__s', 'double', { traits: { compoundFieldName: 'Site__c' } });
    plant('Salary__c', 'double', { governance: { securityClassification: 'Restricted' } });
    plant('Published__c', 'double', { governance: { securityClassification: 'Public' } });
    plant('Illness__c', 'picklist', {
      content: 'Influenza',
      governance: { complianceGroup: 'HIPAA' },
    });
    plant('Doubled__c', 'double', {
      traits: { calculated: true, calculatedFormula: 'Salary__c * 2' },
    });
    plant('Depot__c', 'location', { governance: { complianceGroup: 'GDPR' } });
    plant('Depot__Latitude__s', 'double', { traits: { compoundFieldName: 'Depot__c' } });
    plant('Otp__c', 'double');
  });

  async function profiled(): Promise<{
    readonly columns: readonly ColumnProfile[];
    readonly of: SalesforceRun;
  }> {
    const of = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Project__c'] },
      sourceConfig: { profile: {} },
    });
    return { columns: columnsOf(profiles(of)[0]!), of };
  }

  it('leave the org if the org says that nobody classified the field; of any other there are counts', async () => {
    const { columns, of } = await profiled();
    expect(columns.filter(hasValues).map(({ name }) => name)).toEqual(expect.arrayContaining(open));
    for (const name of closed) {
      const column = columns.find((one) => one.name === name)!;
      expect([
        name,
        hasValues(column),
        typeof column['nullProportion'],
        typeof column['distinctCount'],
      ]).toEqual([name, false, 'number', 'number']);
    }
    expect(JSON.stringify(of.records.filter(({ kind }) => kind === 'profile'))).not.toContain(
      'Influenza',
    );
  });

  it.each([
    ['refused', { kind: 'forbid' }],
    [
      'not there',
      {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'INVALID_FIELD', message: 'No such column' }],
      },
    ],
    [
      'cut short',
      {
        kind: 'respond',
        status: 200,
        body: {
          done: false,
          nextRecordsUrl: '/services/data/v64.0/tooling/query/01g-1',
          totalSize: 4000,
          records: [fieldRow('Open_Score__c')],
        },
      },
    ],
    [
      'without one of the classes',
      {
        kind: 'respond',
        status: 200,
        body: {
          done: true,
          records: [{ ...fieldRow('Open_Score__c'), ComplianceGroup: undefined }],
        },
      },
    ],
  ] as const)(
    'stay where the classifications cannot be read (%s), and the run says of how many tables',
    async (_what, effect) => {
      sandbox.faults.install({ match: { path: 'FieldDefinition' }, effect });
      const { columns, of } = await profiled();
      expect(columns.length).toBeGreaterThan(10);
      expect(columns.filter(hasValues)).toEqual([]);
      expect(
        of.logs
          .filter(({ message }) => message.startsWith('profiles limited to counts'))
          .map(({ data }) => data),
      ).toEqual([{ tables: 1 }]);
    },
  );

  it('stay where the org does not speak of the field', async () => {
    sandbox.faults.install({
      match: { path: 'IsCalculated' },
      effect: {
        kind: 'respond',
        status: 200,
        body: { done: true, records: [fieldRow('Id'), fieldRow('Open_Score__c')] },
      },
    });
    expect((await profiled()).columns.filter(hasValues).map(({ name }) => name)).toEqual([
      'Open_Score__c',
    ]);
  });
});

/** What the catalogue says of a field that nobody classified. */
function fieldRow(name: string): object {
  return {
    QualifiedApiName: name,
    IsCalculated: false,
    SecurityClassification: null,
    ComplianceGroup: null,
    EntityDefinition: { QualifiedApiName: 'Project__c' },
  };
}
