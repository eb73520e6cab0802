import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { ConnectorMemory } from '../../../../test/support/connector-memory.ts';
import {
  extractFrom,
  failuresOf,
  tableNames,
  tablesOf,
  type RunOptions,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import type { Edit } from '../../../../sandbox-org/src/org/edit.ts';
import type { Column } from '../../../openmetadata/columns.ts';
import type { CreateTable } from '../../../openmetadata/entities.ts';
import type { RunMemory } from '../../connector.ts';

let sandbox: Sandbox;
let all: string[];
let ahead = 0;
/** The org's clock ticks in seconds: an edit within the second of a run counts as after it. */
const second = (): void => void (ahead += 1100);

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 40, now: () => Date.now() + ahead });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  all = sandbox.org
    .list()
    .map(({ name }) => name)
    .sort();
  second();
});

/** The query that asks what changed of a table of Setup. */
function changesIn(table: string): string {
  return `FROM(?: |%20|\\+)${table}(?: |%20|\\+)WHERE(?: |%20|\\+)LastModifiedDate`;
}

async function run(
  memory: RunMemory,
  options: RunOptions = {},
): Promise<SalesforceRun & { readonly calls: number; readonly unchanged: string[] }> {
  sandbox.resetStats();
  const result = await extractFrom(sandbox, { ...options, memory });
  const unchanged = result.records
    .flatMap((record) =>
      record.kind === 'unchanged' ? record.fqns.map((fqn) => fqn.split('.').at(-1)!) : [],
    )
    .sort();
  return { ...result, calls: sandbox.stats().apiCalls, unchanged };
}

describe('a second run', () => {
  it('over an org in which nothing changed is two calls, and says that all is as it was', async () => {
    const memory = new ConnectorMemory();
    expect(tableNames((await run(memory)).records).sort()).toEqual(all);
    second();
    const again = await run(memory);
    expect([again.calls, tableNames(again.records)]).toEqual([2, []]);
    expect(again.unchanged).toEqual(all);
  });

  it('reads and sends what changed and nothing else', async () => {
    const memory = new ConnectorMemory();
    await run(memory);
    second();
    sandbox.org.edit({ kind: 'renameObject', object: 'Account', label: 'Customer' });
    sandbox.org.edit({
      kind: 'addField',
      object: 'Contact',
      field: { name: 'Nickname__c', type: 'string', length: 40 },
    });
    const again = await run(memory);
    const sent = tableNames(again.records);
    expect(sent).toEqual(expect.arrayContaining(['Account', 'Contact']));
    expect(sent.length).toBeLessThan(12);
    expect([...sent, ...again.unchanged].sort()).toEqual(all);
    expect(again.calls).toBeLessThanOrEqual(20);
  });

  it.each([
    ['ValidationRule', 'EntityDefinitionId'],
    ['ApexTrigger', 'EntityDefinitionId'],
    ['RecordType', 'SobjectType'],
  ])(
    'reads an object again whose %s was changed, and does without where that may not be asked',
    async (table, owner) => {
      const memory = new ConnectorMemory();
      const sourceConfig = { tableFilterPattern: { includes: ['Account$', 'Contact$', 'Lead$'] } };
      await run(memory, { sourceConfig });
      const readAgain = async (status: number, body: unknown): Promise<unknown> => {
        second();
        sandbox.faults.clear();
        sandbox.faults.install({
          match: { path: changesIn(table) },
          effect: { kind: 'respond', status, body },
        });
        sandbox.org.edit({
          kind: 'renameObject',
          object: 'Account',
          label: `Customer ${table} ${status}`,
        });
        return (await run(memory, { sourceConfig })).logs.find(({ message }) =>
          message.startsWith('reading the objects that changed'),
        )?.data?.['objects'];
      };
      expect(await readAgain(200, { done: true, records: [{ [owner]: 'Contact' }] })).toBe(2);
      expect(await readAgain(400, [{ errorCode: 'INVALID_TYPE', message: 'no' }])).toBe(1);
    },
  );

  describe('sees at once', () => {
    const custom = (): string =>
      sandbox.org
        .list()
        .find(
          ({ name, kind }) =>
            kind === 'custom' &&
            sandbox.org.fields(name).some(({ traits }) => traits.custom && !traits.calculated),
        )!.name;
    const field = (object: string, isCustom = true): string =>
      sandbox.org
        .fields(object)
        .find(
          ({ traits }) => traits.custom === isCustom && !traits.calculated && traits.name !== 'Id',
        )!.traits.name;
    const columnOf = (
      { records }: SalesforceRun,
      object: string,
      name: string,
    ): Column | undefined =>
      (
        tablesOf(records).find(({ request }) => request['name'] === object)?.request as unknown as
          | CreateTable
          | undefined
      )?.columns.find((column) => column.name === name);

    async function afterEdit(edit: Edit): Promise<SalesforceRun> {
      const memory = new ConnectorMemory();
      await run(memory);
      second();
      sandbox.org.edit(edit);
      second();
      return run(memory);
    }

    it.each(['a custom object', 'a standard object'])(
      'a custom field that was deleted, of %s',
      async (of) => {
        const object = of === 'a custom object' ? custom() : 'Account';
        sandbox.org.edit({
          kind: 'addField',
          object,
          field: { name: 'Short_Lived__c', type: 'string' },
        });
        second();
        second();
        const again = await afterEdit({ kind: 'removeField', object, field: 'Short_Lived__c' });
        expect(tableNames(again.records)).toContain(object);
        expect(columnOf(again, object, 'Short_Lived__c')).toBeUndefined();
      },
    );

    it('a custom field that was added since and deleted', async () => {
      const memory = new ConnectorMemory();
      await run(memory);
      second();
      sandbox.org.edit({
        kind: 'addField',
        object: 'Account',
        field: { name: 'Brief__c', type: 'string' },
      });
      second();
      second();
      expect(columnOf(await run(memory), 'Account', 'Brief__c')).toBeDefined();
      second();
      sandbox.org.edit({ kind: 'removeField', object: 'Account', field: 'Brief__c' });
      second();
      const last = await run(memory);
      expect([
        tableNames(last.records).includes('Account'),
        columnOf(last, 'Account', 'Brief__c'),
      ]).toEqual([true, undefined]);
    });

    it.each([
      ['the description of a custom field', true, { description: 'Edited today' }, 'Edited today'],
      [
        'the classification of a custom field',
        true,
        { governance: { complianceGroup: 'HIPAA' } },
        'HIPAA',
      ],
      [
        'the description of a standard field',
        false,
        { description: 'Edited today' },
        'Edited today',
      ],
      [
        'the classification of a standard field',
        false,
        { governance: { securityClassification: 'Restricted' } },
        'Restricted',
      ],
    ] as const)('%s that was changed', async (_what, isCustom, annotation, expected) => {
      const name = isCustom ? field('Contact') : field('Contact', false);
      const again = await afterEdit({
        kind: 'annotateField',
        object: 'Contact',
        field: name,
        ...annotation,
      });
      expect(JSON.stringify(columnOf(again, 'Contact', name))).toContain(expected);
      expect(tableNames(again.records).length).toBeLessThan(12);
    });

    it('the label of a standard field that was changed', async () => {
      const again = await afterEdit({
        kind: 'renameField',
        object: 'Lead',
        field: 'Company',
        label: 'Employer',
      });
      expect(columnOf(again, 'Lead', 'Company')?.displayName).toBe('Employer');
    });
  });

  it('reads everything when what changed may not be asked for', async () => {
    const memory = new ConnectorMemory();
    await run(memory);
    sandbox.org.edit({ kind: 'renameObject', object: 'Account', label: 'Everyone' });
    sandbox.faults.install({
      match: { path: changesIn('CustomField') },
      effect: {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'INVALID_TYPE', message: 'no' }],
      },
    });
    const again = await run(memory);
    expect(again.logs.map(({ message }) => message)).toContain(
      'failed to determine what changed since the previous run; reading all objects',
    );
    expect([...tableNames(again.records), ...again.unchanged].sort()).toEqual(all);
  });

  it('reads again what the last one had to tell without its descriptions', async () => {
    const memory = new ConnectorMemory();
    sandbox.faults.install({
      match: { path: 'FROM(?: |%20|\\+)FieldDefinition' },
      effect: {
        kind: 'respond',
        status: 500,
        body: [{ errorCode: 'UNKNOWN_EXCEPTION', message: 'An unexpected error occurred.' }],
      },
    });
    const first = await run(memory, { tuning: { pauseMs: 1, tries: 2 } });
    expect(tableNames(first.records).sort()).toEqual(all);
    expect(JSON.stringify(first.records)).not.toContain('securityClassification');
    sandbox.faults.clear();
    const again = await run(memory);
    expect(JSON.stringify(again.records)).toContain('securityClassification');
    expect([...tableNames(again.records), ...again.unchanged].sort()).toEqual(all);
  });

  it('of a user who may read nothing but describes reads those that have changed', async () => {
    const closed = (): unknown =>
      sandbox.faults.install({
        match: { path: 'FROM(?: |%20|\\+)(?:EntityDefinition|FieldDefinition)' },
        effect: {
          kind: 'respond',
          status: 400,
          body: [
            {
              errorCode: 'INVALID_TYPE',
              message: "sObject type 'EntityDefinition' is not supported.",
            },
          ],
        },
      });
    const memory = new ConnectorMemory();
    closed();
    await run(memory);
    second();
    sandbox.org.edit({ kind: 'renameObject', object: 'Lead', label: 'Prospect' });
    const again = await run(memory);
    expect(tableNames(again.records)).toContain('Lead');
    expect(sandbox.stats().items).toMatchObject({ describe: all.length });
    expect(sandbox.stats().bytesOut).toBeLessThan(400_000);
    expect([...tableNames(again.records), ...again.unchanged].sort()).toEqual(all);
    expect(again.records.filter(({ kind }) => kind === 'lineage' || kind === 'failure')).toEqual(
      [],
    );
  });

  it('is not misled by an event that touches the whole org', async () => {
    const memory = new ConnectorMemory();
    await run(memory);
    second();
    sandbox.org.edit({ kind: 'touchAll' });
    const again = await run(memory);
    expect([tableNames(again.records), again.unchanged]).toEqual([[], all]);
  });

  it('reads again what the last one could not read', async () => {
    const memory = new ConnectorMemory();
    sandbox.faults.install({ match: { object: 'Contact' }, effect: { kind: 'forbid' } });
    expect(failuresOf((await run(memory)).records)).toEqual([['Contact', 'SALESFORCE_FORBIDDEN']]);
    sandbox.faults.clear();
    const again = await run(memory);
    expect(tableNames(again.records)).toEqual(['Contact']);
    expect(again.unchanged).toEqual(all.filter((name) => name !== 'Contact'));
  });

  it('over an org in which nothing changed asks for what failed alone, and says what failed before', async () => {
    const memory = new ConnectorMemory();
    const connection = { sobjectNames: ['Account', 'Contact', 'Lead', 'NoSuchObject'] };
    sandbox.faults.install({ match: { object: 'Contact' }, effect: { kind: 'forbid' } });
    const failing = [
      ['sobjectNames[3]', 'SALESFORCE_NOT_FOUND'],
      ['Contact', 'SALESFORCE_FORBIDDEN'],
    ];
    expect(failuresOf((await run(memory, { connection })).records)).toEqual(failing);
    for (let round = 0; round < 2; round++) {
      second();
      const again = await run(memory, { connection });
      expect([again.calls, again.unchanged, failuresOf(again.records)]).toEqual([
        3,
        ['Account', 'Lead'],
        failing,
      ]);
    }
    second();
    sandbox.faults.clear();
    const healed = await run(memory, { connection });
    expect([tableNames(healed.records), healed.unchanged, failuresOf(healed.records)]).toEqual([
      ['Contact'],
      ['Account', 'Lead'],
      failing.slice(0, 1),
    ]);
    expect(healed.records.filter(({ kind }) => kind === 'sweep')).toEqual([]);
    second();
    const calm = await run(memory, { connection });
    expect([calm.calls, calm.unchanged]).toEqual([2, ['Account', 'Contact', 'Lead']]);
  });

  it('sends again what was withheld from the catalog, and nothing besides', async () => {
    const memory = new ConnectorMemory();
    memory.withheld.add('sandbox.default.salesforce.Contact');
    await run(memory);
    for (let round = 0; round < 2; round++) {
      second();
      const again = await run(memory);
      expect([tableNames(again.records), again.unchanged]).toEqual([
        ['Contact'],
        all.filter((name) => name !== 'Contact'),
      ]);
    }
    memory.withheld.clear();
    second();
    await run(memory);
    second();
    expect((await run(memory)).calls).toBe(2);
  });

  it('tells what concerns all objects together although one of them fails in every run', async () => {
    const memory = new ConnectorMemory();
    const capped = { maxApiCallsPerRun: 19, reservePercent: 0 };
    sandbox.faults.install({ match: { object: 'Contact' }, effect: { kind: 'forbid' } });
    const first = await run(memory, { limits: capped });
    expect(failuresOf(first.records).map(([name]) => name)).toContain('API calls');
    for (let round = 0; round < 2; round++) {
      second();
      const again = await run(memory, { limits: { reservePercent: 0 } });
      expect([round, again.records.some(({ kind }) => kind === 'lineage')]).toEqual([
        round,
        round === 1,
      ]);
    }
  });

  it.each([
    ['is damaged', (state: unknown) => ({ ...(state as object), objects: 'none' })],
    ['is of another version', (state: unknown) => ({ ...(state as object), version: 0 })],
    [
      'is a day old',
      (state: unknown) => ({ ...(state as object), wholeAt: Date.now() - 25 * 3_600_000 }),
    ],
    ['is gone', () => undefined],
  ])('reads everything when what it remembers %s', async (_how, change) => {
    const memory = new ConnectorMemory();
    await run(memory);
    memory.state = change(memory.state);
    expect(tableNames((await run(memory)).records).sort()).toEqual(all);
  });

  it('of another workflow, or one that asks for it, is whole', async () => {
    const memory = new ConnectorMemory();
    await run(memory);
    expect(
      tableNames(
        (
          await run(memory, {
            sourceConfig: { type: 'DatabaseMetadata', incremental: { enabled: false } },
          })
        ).records,
      ).sort(),
    ).toEqual(all);
    expect(tableNames((await run(memory, { serviceName: 'other' })).records).sort()).toEqual(all);
  });
});
