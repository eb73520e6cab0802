import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { columnProfilesOf, hasValues, profilesIn } from '../../../../test/support/final-records.ts';
import {
  extractFrom,
  tableNamed,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import { unclassifiedField } from '../../../../test/support/sample-org.ts';
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

describe('profiled values', () => {
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
    // A profile contains the values of few picklists, so the planted ones must come first.
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
    return { columns: columnProfilesOf(profilesIn(of)[0]!), of };
  }

  it('are limited to fields that the org reports as not classified; others have counts', async () => {
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
    ['rejected', { kind: 'forbid' }],
    [
      'not available',
      {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'INVALID_FIELD', message: 'No such column' }],
      },
    ],
    [
      'incomplete',
      {
        kind: 'respond',
        status: 200,
        body: {
          done: false,
          nextRecordsUrl: '/services/data/v64.0/tooling/query/01g-1',
          totalSize: 4000,
          records: [unclassifiedField('Project__c', 'Open_Score__c')],
        },
      },
    ],
    [
      'lacking the compliance group',
      {
        kind: 'respond',
        status: 200,
        body: {
          done: true,
          records: [
            { ...unclassifiedField('Project__c', 'Open_Score__c'), ComplianceGroup: undefined },
          ],
        },
      },
    ],
  ] as const)(
    'are omitted if the classifications are %s, and the log has the number of tables',
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

  it('are omitted for a field that is missing from the answer', async () => {
    sandbox.faults.install({
      match: { path: 'IsCalculated' },
      effect: {
        kind: 'respond',
        status: 200,
        body: {
          done: true,
          records: [
            unclassifiedField('Project__c', 'Id'),
            unclassifiedField('Project__c', 'Open_Score__c'),
          ],
        },
      },
    });
    expect((await profiled()).columns.filter(hasValues).map(({ name }) => name)).toEqual([
      'Open_Score__c',
    ]);
  });
});
