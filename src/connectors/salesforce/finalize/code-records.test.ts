import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { codeIn, profilesIn } from '../../../../test/support/final-records.ts';
import {
  extractFrom,
  failuresOf,
  tableNames,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import type { TableProperties } from '../mapping/table-properties.ts';

const FQN = 'sandbox.default.salesforce';

let sandbox: Sandbox;
let run: SalesforceRun;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 60 });
  run = await extractFrom(sandbox, { sourceConfig: { includeDDL: true } });
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

describe('code records', () => {
  it('contain every trigger, flow and class, with source code and objects', () => {
    const kinds = Map.groupBy(codeIn(run), ({ properties }) => String(properties!['kind']));
    expect([...kinds.keys()].sort()).toEqual(['apexClass', 'apexTrigger', 'flow']);
    for (const { properties, request } of kinds.get('apexTrigger')!) {
      const [object] = properties!['objects'] as string[];
      expect(tableNames(run.records)).toContain(object);
      expect(request.storedProcedureCode.code).toContain(`on ${object} (`);
    }
    for (const { request } of kinds.get('apexClass')!)
      expect(request.storedProcedureCode.code).toContain('class ');
    expect(JSON.parse(kinds.get('flow')![0]!.request.storedProcedureCode.code!)).toMatchObject({
      start: { object: expect.any(String) },
    });
  });

  it("are named with Salesforce's file extensions, quoted in fully qualified names", () => {
    const [one] = codeIn(run);
    expect(one!.request.name).toMatch(/\.(?:trigger|cls|flow)$/);
    expect(one!.fqn).toBe(`${FQN}."${one!.request.name}"`);
    expect(new Set(codeIn(run).map(({ fqn }) => fqn)).size).toBe(codeIn(run).length);
  });

  it('omit source code unless requested, and code of objects that are not selected', async () => {
    const names = [
      'Account',
      ...tablesOf(run.records)
        .filter(
          ({ properties }) => (properties as unknown as TableProperties).triggers !== undefined,
        )
        .map(({ request }) => String(request['name'])),
    ].slice(0, 3);
    const some = await extractFrom(sandbox, { connection: { sobjectNames: names } });
    expect(codeIn(some).length).toBeGreaterThan(0);
    expect(
      codeIn(some).every(({ request }) => request.storedProcedureCode.code === undefined),
    ).toBe(true);
    expect(
      codeIn(some).every(({ properties }) =>
        names.includes((properties!['objects'] as string[])[0]!),
      ),
    ).toBe(true);
  });

  it('include flows that use an object, if definitions are read', async () => {
    const flow = (name: string, more: object): object => ({
      DurableId: name,
      ApiName: name,
      ActiveVersionId: `301${name}`,
      IsActive: true,
      ...more,
    });
    const views = [
      flow('Started', { TriggerObjectOrEventId: 'Account' }),
      flow('Screen', {}),
      flow('Idle', {}),
      flow('Elsewhere', { TriggerObjectOrEventId: 'Case' }),
    ];
    const text = {
      start: { object: 'Account' },
      recordUpdates: [{ object: 'Contact' }, { object: 'Nowhere__c' }],
    };
    const install = (path: string, body: object): void =>
      sandbox.faults.install({ match: { path }, effect: { kind: 'respond', status: 200, body } });
    install('FlowDefinitionView', { done: true, records: views });
    install('sobjects/Flow/301Started', { Id: '301Started', Metadata: text });
    install('sobjects/Flow/301Screen', { Id: '301Screen', Metadata: text });
    install('sobjects/Flow/301Idle', { Id: '301Idle', Metadata: { start: {} } });
    const flows = async (includeDDL: boolean): Promise<object> => {
      const { records } = await extractFrom(sandbox, {
        connection: { sobjectNames: ['Account', 'Contact'] },
        sourceConfig: { includeDDL, storedProcedureFilterPattern: { includes: ['.*flow$'] } },
      });
      return Object.fromEntries(
        codeIn({ records }).map(({ request, properties }) => [
          request.name,
          properties!['objects'],
        ]),
      );
    };
    expect(await flows(true)).toEqual({
      'Started.flow': ['Account', 'Contact'],
      'Screen.flow': ['Account', 'Contact'],
    });
    expect(await flows(false)).toEqual({ 'Started.flow': ['Account'] });
  });

  it('mark code hidden by a managed package, without source code', async () => {
    const body = {
      done: true,
      records: [
        { Id: '01p1', Name: 'Secret', NamespacePrefix: 'acme', Status: 'Active', Body: '(hidden)' },
        { Id: '01p2', Name: 'Empty', Status: 'Active', Body: '' },
      ],
    };
    sandbox.faults.install({
      match: { path: 'ApexClass' },
      effect: { kind: 'respond', status: 200, body },
    });
    const some = codeIn(
      await extractFrom(sandbox, {
        sourceConfig: {
          includeDDL: true,
          tableFilterPattern: { includes: ['Account$'] },
          storedProcedureFilterPattern: { includes: ['.*cls$'] },
        },
      }),
    );
    expect(
      some.map(({ request, properties }) => [
        request.name,
        request.storedProcedureCode.code,
        properties!['hidden'],
      ]),
    ).toEqual([
      ['acme__Secret.cls', undefined, true],
      ['Empty.cls', '', undefined],
    ]);
  });

  it('are omitted if not requested or filtered out', async () => {
    const none = await extractFrom(sandbox, {
      sourceConfig: {
        includeStoredProcedures: false,
        tableFilterPattern: { includes: ['Account$'] },
      },
    });
    const flows = await extractFrom(sandbox, {
      sourceConfig: { storedProcedureFilterPattern: { includes: ['.*\\.flow$'] } },
    });
    expect(codeIn(none)).toEqual([]);
    expect(new Set(codeIn(flows).map(({ properties }) => properties!['kind']))).toEqual(
      new Set(['flow']),
    );
  });

  it('are omitted with a warning if they cannot be read, and nothing else is', async () => {
    sandbox.faults.install({
      match: { path: 'ApexClass|FlowDefinitionView|ValidationRule|ApexTrigger|recordCount' },
      effect: { kind: 'forbid' },
    });
    const without = await extractFrom(sandbox);
    expect(failuresOf(without.records)).toEqual([]);
    expect(tablesOf(without.records)).toHaveLength(sandbox.org.list().length);
    expect([codeIn(without), profilesIn(without)]).toEqual([[], []]);
    expect(
      without.logs.filter(
        ({ level, message }) => level === 'warn' && message.startsWith('failed to read'),
      ).length,
    ).toBe(5);
  });
});
