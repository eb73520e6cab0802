import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  extractFrom,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import type { TagLabel } from '../../../openmetadata/columns.ts';
import type { CreateTable } from '../../../openmetadata/entities.ts';
import type { FieldProperties } from '../mapping/field-properties.ts';
import { labelsIn } from '../mapping/governance.ts';
import type { TableProperties } from '../mapping/table-properties.ts';

let sandbox: Sandbox;
let run: SalesforceRun;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 120 });
  run = await extractFrom(sandbox, { sourceConfig: { includeOwners: true } });
});
afterAll(() => sandbox.close());

function requests(of: SalesforceRun = run): CreateTable[] {
  return tablesOf(of.records).map(({ request }) => request as unknown as CreateTable);
}

function properties(of: SalesforceRun = run): Map<string, TableProperties> {
  return new Map(
    tablesOf(of.records).map((record) => [
      String(record.request['name']),
      record.properties as unknown as TableProperties,
    ]),
  );
}

function fieldsWith<K extends keyof FieldProperties>(
  key: K,
): [string, string, NonNullable<FieldProperties[K]>][] {
  return [...properties()].flatMap(([table, { columns = {} }]) =>
    Object.entries(columns).flatMap(
      ([name, facts]): [string, string, NonNullable<FieldProperties[K]>][] =>
        facts[key] === undefined ? [] : [[table, name, facts[key]]],
    ),
  );
}

function described(table: string, field: string): (typeof traits)[number] {
  const traits = sandbox.org.fields(table).map((entry) => entry.traits);
  return traits.find(({ name }) => name === field)!;
}

function description(table: string, column: string): string {
  return (
    requests()
      .find(({ name }) => name === table)!
      .columns.find(({ name }) => name === column)?.description ?? ''
  );
}

describe('a column', () => {
  it('lists the values of its picklist with labels, defaults and controlling field', () => {
    const picklists = fieldsWith('picklist');
    for (const [table, name, { values }] of picklists) {
      const theirs = described(table, name).picklistValues!;
      expect(
        values.map(({ value, label = value, active = true }) => [value, label, active]),
      ).toEqual(theirs.map(({ value, label, active }) => [value, label, active]));
    }
    expect(picklists.length).toBeGreaterThan(50);
    const [table, name, { dependsOn }] = picklists.find(
      ([, , picklist]) => picklist.dependsOn !== undefined,
    )!;
    expect(described(table, dependsOn!).type).toMatch(/picklist|boolean/);
    expect(description(table, name)).toContain(`depends on \`${dependsOn}\``);
  });

  it('marks a picklist that may differ by record type', () => {
    const types = properties();
    for (const [table, , { byRecordType }] of fieldsWith('picklist'))
      expect(byRecordType === true).toBe((types.get(table)!.recordTypes?.length ?? 0) > 0);
  });

  it('contains its formula, also in the description', () => {
    const formulas = fieldsWith('formula');
    expect(formulas.length).toBeGreaterThan(20);
    for (const [table, name, formula] of formulas) {
      expect(formula).toBe(described(table, name).calculatedFormula);
      expect(description(table, name)).toContain(formula);
    }
  });

  it('contains roll-ups, auto-numbers, external ids and encryption', () => {
    const [table, name, rollUp] = fieldsWith('rollUp')[0]!;
    expect(described(table, name)).toMatchObject({ calculated: true });
    expect(['sum', 'count', 'min', 'max']).toContain(rollUp.operation);
    expect(description(table, name)).toContain('Roll-up summary: ');
    for (const [of, field] of fieldsWith('autoNumber'))
      expect(described(of, field).autoNumber).toBe(true);
    for (const [of, field] of fieldsWith('externalId'))
      expect(described(of, field).externalId).toBe(true);
    for (const [of, field, encrypted] of fieldsWith('encrypted'))
      expect(encrypted).toMatchObject({
        mask: described(of, field).mask,
        maskType: described(of, field).maskType,
      });
    expect(
      [fieldsWith('autoNumber').length, fieldsWith('externalId').length].every(
        (count) => count > 0,
      ),
    ).toBe(true);
  });

  it('has its own roll-up definition although a package has a field with the same name', async () => {
    const [table, name, before] = fieldsWith('rollUp').find(
      ([, field, { foreignKey }]) =>
        foreignKey !== undefined && !field.replace(/__c$/, '').includes('__'),
    )!;
    sandbox.org.edit({
      kind: 'addField',
      object: table,
      field: { name: `acme__${name}`, type: 'double' },
    });
    try {
      const again = properties(
        await extractFrom(sandbox, { connection: { sobjectNames: [table] } }),
      );
      expect(again.get(table)?.columns?.[name]?.rollUp).toEqual(before);
    } finally {
      sandbox.org.edit({ kind: 'removeField', object: table, field: `acme__${name}` });
    }
  });

  it('distinguishes master-detail from lookup, and lists all targets of a polymorphic reference', () => {
    const relationships = fieldsWith('relationship');
    const kinds = new Map(
      relationships.map(([table, name, relationship]) => [
        relationship.kind,
        { table, name, relationship },
      ]),
    );
    expect([...kinds.keys()].sort()).toEqual(['lookup', 'masterDetail', 'polymorphic']);
    for (const [table, name, { targets }] of relationships)
      expect(targets).toEqual(described(table, name).referenceTo);
    const { table, name, relationship } = kinds.get('masterDetail')!;
    expect(
      requests()
        .find((request) => request.name === table)!
        .columns.find((column) => column.name === name)!.dataTypeDisplay,
    ).toBe(`reference(${relationship.targets[0]}) master-detail`);
    expect(Math.max(...relationships.map(([, , { targets }]) => targets.length))).toBeGreaterThan(
      3,
    );
  });
});

describe('a table', () => {
  it('contains kind, plural, prefix, sharing, record types, features, rules and triggers', () => {
    const all = [...properties().values()];
    const account = properties().get('Account')!;
    expect(account).toMatchObject({
      kind: 'standard',
      custom: false,
      labelPlural: 'Accounts',
      keyPrefix: '001',
    });
    expect(account.recordTypes!.length).toBeGreaterThan(0);
    expect(account.features).toEqual(expect.arrayContaining(['createable', 'searchable']));
    expect(account.sharing?.internal).toEqual(expect.any(String));
    expect(all.flatMap(({ validationRules = [] }) => validationRules).length).toBeGreaterThan(10);
    expect(
      all
        .flatMap(({ triggers = [] }) => triggers)
        .every(({ events }) => events.includes('before insert')),
    ).toBe(true);
    expect(all.some(({ triggers }) => triggers !== undefined)).toBe(true);
  });

  it('names its package and its parent object', () => {
    const managed = [...properties().values()].filter(({ namespace }) => namespace !== undefined);
    expect(managed.length).toBeGreaterThan(0);
    expect(
      managed.filter(({ kind }) => kind === 'custom').every((table) => table.package !== undefined),
    ).toBe(true);
    for (const [name, { kind, parent }] of properties())
      if (kind === 'history')
        expect(name.replace(/__History$|History$/, '')).toBe(parent!.replace(/__c$/, ''));
  });
});

describe('tags', () => {
  it('precede the tables that use them, each once, after their classifications', () => {
    const known = new Set<string>();
    for (const record of run.records) {
      if (record.kind === 'classification')
        expect(known.size === known.add(record.name).size).toBe(false);
      if (record.kind === 'tag') {
        expect(known).toContain(record.classification);
        expect(known.size === known.add(`${record.classification}.${record.name}`).size).toBe(
          false,
        );
      }
      if (record.kind === 'entity' && record.type === 'table')
        for (const { tagFQN } of labelsIn(record.request as unknown as CreateTable))
          expect(known).toContain(tagFQN);
    }
    expect([...known].filter((name) => !name.includes('.')).sort()).toEqual([
      'SalesforceComplianceGroup',
      'SalesforceOrigin',
      'SalesforceSecurityClassification',
    ]);
  });

  it('mark classified fields, system fields, and the origin of objects', () => {
    const names = (labels: readonly TagLabel[] | undefined): string[] =>
      (labels ?? []).map(({ tagFQN }) => tagFQN);
    const columns = requests().flatMap((request) => request.columns);
    expect(
      columns.some(
        ({ tags }) =>
          names(tags).includes('SalesforceComplianceGroup.PII') &&
          names(tags).includes('SalesforceComplianceGroup.GDPR'),
      ),
    ).toBe(true);
    const origins = (column: string): Set<string> =>
      new Set(
        columns
          .filter(({ name }) => name === column)
          .flatMap(({ tags }) => names(tags))
          .filter((tag) => tag.startsWith('SalesforceOrigin')),
      );
    expect([origins('CreatedDate'), origins('Name')]).toEqual([
      new Set(['SalesforceOrigin.System']),
      new Set(),
    ]);
    expect(names(requests().find(({ name }) => name === 'Account')!.tags)).toEqual([
      'SalesforceOrigin.Standard',
    ]);
  });

  it('are omitted if not requested', async () => {
    const plain = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account', 'Contact'] },
      sourceConfig: { includeTags: false },
    });
    expect(plain.records.filter(({ kind }) => kind === 'tag' || kind === 'classification')).toEqual(
      [],
    );
    expect(requests(plain).flatMap(labelsIn)).toEqual([]);
  });
});

describe('owners', () => {
  it('are users with e-mail addresses, if requested', () => {
    const owners = fieldsWith('owners').flatMap(([, , found]) => found);
    expect(owners.length).toBeGreaterThan(0);
    expect(owners.every(({ kind, email }) => kind === 'user' && email!.includes('@'))).toBe(true);
  });

  it('are not read unless requested', async () => {
    const plain = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account', 'Contact'] },
    });
    expect(JSON.stringify([...properties(plain).values()])).not.toContain('"owners"');
  });
});

describe('an org without the newer columns of EntityDefinition and FieldDefinition', () => {
  it('is read without them, with one warning', async () => {
    sandbox.faults.install({
      match: { path: 'InternalSharingModel|SecurityClassification' },
      effect: {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'INVALID_FIELD', message: 'No such column' }],
      },
    });
    const older = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account', 'Contact'] },
    });
    sandbox.faults.clear();
    expect(
      requests(older)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['Account', 'Contact']);
    expect(properties(older).get('Account')).not.toHaveProperty('sharing');
    expect(
      requests(older)
        .flatMap(({ columns }) => columns)
        .filter(
          ({ name, description: text }) => name.endsWith('__c') && text?.includes('relies on'),
        ).length,
    ).toBeGreaterThan(5);
    expect(
      older.logs
        .map(({ message }) => message)
        .filter((message) => message.includes('lacks some columns')),
    ).toHaveLength(1);
  });
});
