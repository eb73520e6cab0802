import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  SAMPLE_SCHEMA,
  SAMPLED_NAMES,
  samplesOf,
  skippedIn,
  startSampleOrg,
  unclassifiedField,
  type SampleOrg,
} from '../../../../test/support/sample-org.ts';
import {
  extractFrom,
  failuresOf,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';

let org: SampleOrg;

beforeAll(async () => {
  org = await startSampleOrg();
});
afterAll(() => org.sandbox.close());
afterEach(() => org.sandbox.faults.clear());

describe('sample rows without permission', () => {
  it('are not read without the permission of the local policy, and the log names the missing key', async () => {
    const recordQueries = async (sampleRows: boolean): Promise<[SalesforceRun, number]> => {
      const before = org.sandbox.stats().faultsFired;
      const made = await org.run({ rows: 77, maxApiCalls: 1000 }, { limits: { sampleRows } });
      return [made, org.sandbox.stats().faultsFired - before];
    };
    org.sandbox.faults.install({
      match: { path: 'LIMIT(?:%20|\\+)77$' },
      effect: { kind: 'forbid' },
    });
    expect((await recordQueries(true))[1]).toBe(SAMPLED_NAMES.length);
    const [denied, queries] = await recordQueries(false);
    expect([queries, samplesOf(denied)]).toEqual([0, []]);
    expect(
      denied.logs.filter(
        ({ level, message }) =>
          level === 'warn' && message.includes('salesforce: {sampleRows: allow}'),
      ),
    ).toHaveLength(1);
    expect(failuresOf(denied.records)).toEqual([]);
    expect(tablesOf(denied.records)).toHaveLength(SAMPLED_NAMES.length);
  });

  it('are not read for any other form of the option', async () => {
    for (const sampleRows of [true, 'allow', [{}], { rows: 5, permitted: true }]) {
      const denied = await extractFrom(org.sandbox, {
        connection: { sobjectNames: ['Lead'] },
        sourceConfig: {
          sampleRows,
          salesforce: { sampleRows: 'allow' },
          limits: { sampleRows: true },
        },
      });
      expect(samplesOf(denied)).toEqual([]);
    }
  });

  it('are not read unless requested, even if permitted', async () => {
    expect(
      samplesOf(
        await extractFrom(org.sandbox, {
          connection: { sobjectNames: ['Lead'] },
          limits: { sampleRows: true },
        }),
      ),
    ).toEqual([]);
  });
});

describe('sample rows without classifications', () => {
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
          records: [unclassifiedField('Account', 'Open__c')],
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
          records: [{ ...unclassifiedField('Account', 'Open__c'), ComplianceGroup: undefined }],
        },
      },
    ],
    [
      'lacking the security classification',
      {
        kind: 'respond',
        status: 200,
        body: {
          done: true,
          records: [
            { ...unclassifiedField('Account', 'Open__c'), SecurityClassification: undefined },
          ],
        },
      },
    ],
  ] as const)(
    'reads no row if the classifications are %s, and logs the number of tables',
    async (_what, effect) => {
      org.sandbox.faults.install({ match: { path: 'IsCalculated' }, effect });
      const closed = await org.run();
      expect(samplesOf(closed)).toEqual([]);
      expect(failuresOf(closed.records)).toEqual([]);
      expect(skippedIn(closed)).toEqual([
        ['field classifications are not readable', { tables: SAMPLED_NAMES.length }],
      ]);
    },
  );

  it('reads no row if the call for the classifications fails', async () => {
    org.sandbox.faults.install({
      match: { path: '/tooling/composite', onward: true, nth: 3 },
      effect: {
        kind: 'respond',
        status: 403,
        body: [{ errorCode: 'INSUFFICIENT_ACCESS', message: 'no' }],
      },
    });
    expect(samplesOf(await org.run())).toEqual([]);
  });

  it('excludes a field that is missing from the answer', async () => {
    org.sandbox.faults.install({
      match: { path: 'IsCalculated' },
      effect: {
        kind: 'respond',
        status: 200,
        body: {
          done: true,
          records: [unclassifiedField('Account', 'Id'), unclassifiedField('Account', 'Open__c')],
        },
      },
    });
    const partial = await org.run();
    expect(
      samplesOf(partial).map(({ table, request }) => [table, [...request.columns].sort()]),
    ).toEqual([[`${SAMPLE_SCHEMA}.Account`, ['Id', 'Open__c']]]);
  });
});
