import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { codeIn, profilesIn, sweepsIn } from '../../../../test/support/final-records.ts';
import {
  extractFrom,
  failuresOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';

const FQN = 'sandbox.default.salesforce';

let sandbox: Sandbox;
let run: SalesforceRun;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 150 });
  run = await extractFrom(sandbox, { sourceConfig: { includeDDL: true } });
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

describe('picklists', () => {
  it('with too many values are logged and have a total', async () => {
    const picklistValues = Array.from({ length: 600 }, (_, index) => ({
      value: `v${index}`,
      label: `v${index}`,
      active: true,
      defaultValue: false,
      validFor: null,
    }));
    sandbox.org.edit({
      kind: 'addField',
      object: 'Contact',
      field: { name: 'Many__c', type: 'picklist', traits: { picklistValues } },
    });
    try {
      const { logs } = await extractFrom(sandbox, {
        connection: { sobjectNames: ['Contact', 'Account'] },
      });
      expect(logs.find(({ message }) => message.startsWith('picklists truncated'))?.data).toEqual({
        picklists: 1,
        firstCut: ['Contact.Many__c'],
      });
    } finally {
      sandbox.org.edit({ kind: 'removeField', object: 'Contact', field: 'Many__c' });
    }
  });
});

describe('profile records', () => {
  it('contain the number of rows of each table', () => {
    const account = profilesIn(run).find(({ table }) => table === `${FQN}.Account`)!;
    expect(account.request).toMatchObject({
      tableProfile: {
        rowCount: expect.any(Number),
        columnCount: sandbox.org.fields('Account').length,
      },
    });
    expect(profilesIn(run).length).toBeGreaterThan(20);
  });
});

describe('sweep records', () => {
  it('come last and name everything that the org lists, including failed and filtered objects', async () => {
    sandbox.faults.install({ match: { object: 'Contact' }, effect: { kind: 'forbid' } });
    const some = await extractFrom(sandbox, {
      sourceConfig: { tableFilterPattern: { includes: ['Account$', 'Contact$'] } },
    });
    expect(failuresOf(some.records).map(([name]) => name)).toEqual(['Contact']);
    expect(sweepsIn(some).filter(({ type }) => type === 'table')).toEqual([
      {
        kind: 'sweep',
        type: 'table',
        parent: FQN,
        keep: sandbox.org
          .list()
          .map(({ name }) => `${FQN}.${name}`)
          .sort(),
      },
    ]);
    expect(some.records.at(-1)?.kind).toBe('sweep');
  });

  it('name all code of the org, or are omitted if some of it was not read or not requested', async () => {
    const code = (of: SalesforceRun): readonly string[] | undefined =>
      sweepsIn(of).find(({ type }) => type === 'storedProcedure')?.keep;
    expect(code(run)).toEqual(
      codeIn(run)
        .map(({ fqn }) => fqn)
        .sort(),
    );
    const tableFilterPattern = { includes: ['Account$'] };
    const some = await extractFrom(sandbox, {
      sourceConfig: { tableFilterPattern, storedProcedureFilterPattern: { includes: ['none'] } },
    });
    expect([codeIn(some), code(some)]).toEqual([[], code(run)]);
    expect(
      code(await extractFrom(sandbox, { connection: { sobjectNames: ['Account'] } })),
    ).toBeUndefined();
    sandbox.faults.install({ match: { path: 'FlowDefinitionView' }, effect: { kind: 'forbid' } });
    expect(
      code(await extractFrom(sandbox, { sourceConfig: { tableFilterPattern } })),
    ).toBeUndefined();
  });

  it('are omitted if the object list fails or deletions are disabled', async () => {
    const tableFilterPattern = { includes: ['Account$'] };
    const unwanted = await extractFrom(sandbox, {
      sourceConfig: {
        tableFilterPattern,
        markDeletedTables: false,
        markDeletedStoredProcedures: false,
      },
    });
    expect(sweepsIn(unwanted)).toEqual([]);
    sandbox.faults.install({ match: { path: '/sobjects$' }, effect: { kind: 'forbid' } });
    const records: string[] = [];
    await expect(
      extractFrom(sandbox, { onRecord: ({ kind }) => void records.push(kind) }),
    ).rejects.toMatchObject({ code: 'SALESFORCE_FORBIDDEN' });
    expect(records).not.toContain('sweep');
  });
});
