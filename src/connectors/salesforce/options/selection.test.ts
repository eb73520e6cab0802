import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  extractFrom,
  failuresOf,
  tableNames,
  tablesOf,
} from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 120 });
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.resetStats());

describe('a selection', () => {
  it('takes named objects in any case, and reports missing ones by position', async () => {
    const { records } = await extractFrom(sandbox, {
      connection: { sobjectName: 'account', sobjectNames: ['Contact', 'Nothing__c'] },
    });
    expect(tableNames(records).sort()).toEqual(['Account', 'Contact']);
    expect(failuresOf(records)).toEqual([['sobjectNames[1]', 'SALESFORCE_NOT_FOUND']]);
  });

  it('filters by name or fully qualified name, and counts excluded objects', async () => {
    const byName = await extractFrom(sandbox, {
      sourceConfig: {
        tableFilterPattern: { includes: ['Account', 'Contact$'], excludes: ['.*Feed$'] },
      },
    });
    const byFqn = await extractFrom(sandbox, {
      sourceConfig: {
        useFqnForFiltering: true,
        tableFilterPattern: { includes: ['sandbox\\.default\\.salesforce\\.Contact$'] },
      },
    });
    expect(tableNames(byName.records)).toContain('Account');
    expect(
      tableNames(byName.records).filter(
        (name) => !/^(?:Account|Contact$)/i.test(name) || name.endsWith('Feed'),
      ),
    ).toEqual([]);
    expect(byName.counts.get('filtered')).toBe(
      sandbox.org.list().length - tableNames(byName.records).length,
    );
    expect(tableNames(byFqn.records)).toEqual(['Contact']);
  });

  it('excludes history, share and feed objects without views, and all others without tables', async () => {
    const noViews = await extractFrom(sandbox, { sourceConfig: { includeViews: false } });
    const noTables = await extractFrom(sandbox, { sourceConfig: { includeTables: false } });
    expect(
      tablesOf(noViews.records).filter(({ request }) => request['tableType'] === 'View'),
    ).toEqual([]);
    expect(
      tableNames(noTables.records).filter((name) => !/(?:History|Share|Feed)$/.test(name)),
    ).toEqual([]);
    expect(tableNames(noViews.records).length + tableNames(noTables.records).length).toBe(
      sandbox.org.list().length,
    );
  });

  it.each(['databaseFilterPattern', 'schemaFilterPattern'])(
    'makes no request if %s excludes the only one',
    async (pattern) => {
      const { records, logs } = await extractFrom(sandbox, {
        sourceConfig: { [pattern]: { excludes: ['default', 'salesforce'] } },
      });
      expect(records).toEqual([]);
      expect(logs.map(({ message }) => message).join()).toContain(pattern);
      expect(sandbox.stats().httpRequests).toBe(0);
    },
  );

  it('rejects an invalid pattern before it signs in', async () => {
    await expect(
      extractFrom(sandbox, { sourceConfig: { tableFilterPattern: { includes: ['(?<=a)b'] } } }),
    ).rejects.toMatchObject({ code: 'JOB_INVALID' });
    expect(sandbox.stats().httpRequests).toBe(0);
  });

  it('logs all unsupported options at once', async () => {
    const { logs } = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account'], schemaFilterPattern: { includes: ['x'] } },
      sourceConfig: {
        type: 'DatabaseMetadata',
        threads: 4,
        queryLogDuration: 2,
        includeOwners: false,
      },
    });
    expect(
      logs.filter(({ message }) => message.includes('unsupported options')).map(({ data }) => data),
    ).toEqual([
      {
        options: [
          'serviceConnection.config.schemaFilterPattern',
          'sourceConfig.config.threads',
          'sourceConfig.config.queryLogDuration',
        ],
      },
    ]);
  });
});
