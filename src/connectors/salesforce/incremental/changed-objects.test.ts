import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Edit } from '../../../../sandbox-org/src/org/edit.ts';
import { InMemoryStateStore } from '../../../../test/support/in-memory-state-store.ts';
import {
  changesOf,
  startIncrementalOrg,
  type IncrementalOrg,
} from '../../../../test/support/incremental-org.ts';
import {
  tableNames,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import type { Column } from '../../../../openmetadata/src/columns.ts';
import type { CreateTable } from '../../../../openmetadata/src/entities.ts';

let org: IncrementalOrg;

beforeAll(async () => {
  org = await startIncrementalOrg();
});
afterAll(() => org.sandbox.close());
beforeEach(() => {
  org.sandbox.faults.clear();
  org.tick();
});

describe('changes since the previous run', () => {
  it.each([
    ['ValidationRule', 'EntityDefinitionId'],
    ['ApexTrigger', 'EntityDefinitionId'],
    ['RecordType', 'SobjectType'],
  ])(
    'reads an object whose %s changed, and skips this check if the query is rejected',
    async (table, owner) => {
      const stateStore = new InMemoryStateStore();
      const sourceConfig = { tableFilterPattern: { includes: ['Account$', 'Contact$', 'Lead$'] } };
      await org.run(stateStore, { sourceConfig });
      const readAgain = async (status: number, body: unknown): Promise<unknown> => {
        org.tick();
        org.sandbox.faults.clear();
        org.sandbox.faults.install({
          match: { path: changesOf(table) },
          effect: { kind: 'respond', status, body },
        });
        org.sandbox.org.edit({
          kind: 'renameObject',
          object: 'Account',
          label: `Customer ${table} ${status}`,
        });
        return (await org.run(stateStore, { sourceConfig })).logs.find(({ message }) =>
          message.startsWith('reading the objects that changed'),
        )?.data?.['objects'];
      };
      expect(await readAgain(200, { done: true, records: [{ [owner]: 'Contact' }] })).toBe(2);
      expect(await readAgain(400, [{ errorCode: 'INVALID_TYPE', message: 'no' }])).toBe(1);
    },
  );

  describe('changes of fields', () => {
    const custom = (): string =>
      org.sandbox.org
        .list()
        .find(
          ({ name, kind }) =>
            kind === 'custom' &&
            org.sandbox.org.fields(name).some(({ traits }) => traits.custom && !traits.calculated),
        )!.name;
    const field = (object: string, isCustom = true): string =>
      org.sandbox.org
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
      const stateStore = new InMemoryStateStore();
      await org.run(stateStore);
      org.tick();
      org.sandbox.org.edit(edit);
      org.tick();
      return org.run(stateStore);
    }

    it.each(['a custom object', 'a standard object'])(
      'detects a deleted custom field of %s',
      async (of) => {
        const object = of === 'a custom object' ? custom() : 'Account';
        org.sandbox.org.edit({
          kind: 'addField',
          object,
          field: { name: 'Short_Lived__c', type: 'string' },
        });
        org.tick();
        org.tick();
        const next = await afterEdit({ kind: 'removeField', object, field: 'Short_Lived__c' });
        expect(tableNames(next.records)).toContain(object);
        expect(columnOf(next, object, 'Short_Lived__c')).toBeUndefined();
      },
    );

    it('detects a custom field that was added and deleted between runs', async () => {
      const stateStore = new InMemoryStateStore();
      await org.run(stateStore);
      org.tick();
      org.sandbox.org.edit({
        kind: 'addField',
        object: 'Account',
        field: { name: 'Brief__c', type: 'string' },
      });
      org.tick();
      org.tick();
      expect(columnOf(await org.run(stateStore), 'Account', 'Brief__c')).toBeDefined();
      org.tick();
      org.sandbox.org.edit({ kind: 'removeField', object: 'Account', field: 'Brief__c' });
      org.tick();
      const last = await org.run(stateStore);
      expect([
        tableNames(last.records).includes('Account'),
        columnOf(last, 'Account', 'Brief__c'),
      ]).toEqual([true, undefined]);
    });

    it.each([
      ['description of a custom field', true, { description: 'Edited today' }, 'Edited today'],
      [
        'classification of a custom field',
        true,
        { governance: { complianceGroup: 'HIPAA' } },
        'HIPAA',
      ],
      ['description of a standard field', false, { description: 'Edited today' }, 'Edited today'],
      [
        'classification of a standard field',
        false,
        { governance: { securityClassification: 'Restricted' } },
        'Restricted',
      ],
    ] as const)('detects a changed %s', async (_what, isCustom, annotation, expected) => {
      const name = isCustom ? field('Contact') : field('Contact', false);
      const next = await afterEdit({
        kind: 'annotateField',
        object: 'Contact',
        field: name,
        ...annotation,
      });
      expect(JSON.stringify(columnOf(next, 'Contact', name))).toContain(expected);
      expect(tableNames(next.records).length).toBeLessThan(12);
    });

    it('detects a changed label of a standard field', async () => {
      const next = await afterEdit({
        kind: 'renameField',
        object: 'Lead',
        field: 'Company',
        label: 'Employer',
      });
      expect(columnOf(next, 'Lead', 'Company')?.displayName).toBe('Employer');
    });
  });

  it('reads everything if the query for changed custom fields is rejected', async () => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    org.sandbox.org.edit({ kind: 'renameObject', object: 'Account', label: 'Everyone' });
    org.sandbox.faults.install({
      match: { path: changesOf('CustomField') },
      effect: {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'INVALID_TYPE', message: 'no' }],
      },
    });
    const next = await org.run(stateStore);
    expect(next.logs.map(({ message }) => message)).toContain(
      'failed to determine what changed since the previous run; reading all objects',
    );
    expect([...tableNames(next.records), ...next.unchanged].sort()).toEqual(org.names());
  });

  it('reads only what changed, with its description, in an org that lacks columns of EntityDefinition', async () => {
    const stateStore = new InMemoryStateStore();
    org.sandbox.faults.install({
      match: { path: 'InternalSharingModel' },
      effect: {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'INVALID_FIELD', message: 'No such column' }],
      },
    });
    await org.run(stateStore);
    org.tick();
    org.sandbox.org.edit({ kind: 'renameObject', object: 'Account', label: 'Patron' });
    const next = await org.run(stateStore);
    expect(tableNames(next.records)).toContain('Account');
    expect(tableNames(next.records).length).toBeLessThan(6);
    expect(next.logs.map(({ message }) => message)).toContain(
      'reading the objects that changed since the previous run',
    );
  });

  it('describes the changed objects if the user cannot read EntityDefinition', async () => {
    const closed = (): unknown =>
      org.sandbox.faults.install({
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
    const stateStore = new InMemoryStateStore();
    closed();
    await org.run(stateStore);
    org.tick();
    org.sandbox.org.edit({ kind: 'renameObject', object: 'Lead', label: 'Prospect' });
    const next = await org.run(stateStore);
    expect(tableNames(next.records)).toContain('Lead');
    expect(org.sandbox.stats().items).toMatchObject({ describe: org.names().length });
    expect(org.sandbox.stats().bytesOut).toBeLessThan(400_000);
    expect([...tableNames(next.records), ...next.unchanged].sort()).toEqual(org.names());
    expect(next.records.filter(({ kind }) => kind === 'lineage' || kind === 'failure')).toEqual([]);
  });
});
