import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { fieldsWith, propertiesOf, requestsOf } from '../../../../test/support/tooling-metadata.ts';
import { extractFrom, type SalesforceRun } from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;
let run: SalesforceRun;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 120 });
  run = await extractFrom(sandbox, { sourceConfig: { includeOwners: true } });
});
afterAll(() => sandbox.close());

function described(table: string, field: string): (typeof traits)[number] {
  const traits = sandbox.org.fields(table).map((entry) => entry.traits);
  return traits.find(({ name }) => name === field)!;
}

function description(table: string, column: string): string {
  return (
    requestsOf(run)
      .find(({ name }) => name === table)!
      .columns.find(({ name }) => name === column)?.description ?? ''
  );
}

describe('a column', () => {
  it('lists the values of its picklist with labels, defaults and controlling field', () => {
    const picklists = fieldsWith('picklist', run);
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
    const types = propertiesOf(run);
    for (const [table, , { byRecordType }] of fieldsWith('picklist', run))
      expect(byRecordType === true).toBe((types.get(table)!.recordTypes?.length ?? 0) > 0);
  });

  it('contains its formula, also in the description', () => {
    const formulas = fieldsWith('formula', run);
    expect(formulas.length).toBeGreaterThan(20);
    for (const [table, name, formula] of formulas) {
      expect(formula).toBe(described(table, name).calculatedFormula);
      expect(description(table, name)).toContain(formula);
    }
  });

  it('contains roll-ups, auto-numbers, external ids and encryption', () => {
    const [table, name, rollUp] = fieldsWith('rollUp', run)[0]!;
    expect(described(table, name)).toMatchObject({ calculated: true });
    expect(['sum', 'count', 'min', 'max']).toContain(rollUp.operation);
    expect(description(table, name)).toContain('Roll-up summary: ');
    for (const [of, field] of fieldsWith('autoNumber', run))
      expect(described(of, field).autoNumber).toBe(true);
    for (const [of, field] of fieldsWith('externalId', run))
      expect(described(of, field).externalId).toBe(true);
    for (const [of, field, encrypted] of fieldsWith('encrypted', run))
      expect(encrypted).toMatchObject({
        mask: described(of, field).mask,
        maskType: described(of, field).maskType,
      });
    expect(
      [fieldsWith('autoNumber', run).length, fieldsWith('externalId', run).length].every(
        (count) => count > 0,
      ),
    ).toBe(true);
  });

  it('has its own roll-up definition although a package has a field with the same name', async () => {
    const [table, name, before] = fieldsWith('rollUp', run).find(
      ([, field, { foreignKey }]) =>
        foreignKey !== undefined && !field.replace(/__c$/, '').includes('__'),
    )!;
    sandbox.org.edit({
      kind: 'addField',
      object: table,
      field: { name: `acme__${name}`, type: 'double' },
    });
    try {
      const again = propertiesOf(
        await extractFrom(sandbox, { connection: { sobjectNames: [table] } }),
      );
      expect(again.get(table)?.columns?.[name]?.rollUp).toEqual(before);
    } finally {
      sandbox.org.edit({ kind: 'removeField', object: table, field: `acme__${name}` });
    }
  });

  it('distinguishes master-detail from lookup, and lists all targets of a polymorphic reference', () => {
    const relationships = fieldsWith('relationship', run);
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
      requestsOf(run)
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
    const all = [...propertiesOf(run).values()];
    const account = propertiesOf(run).get('Account')!;
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
    const managed = [...propertiesOf(run).values()].filter(
      ({ namespace }) => namespace !== undefined,
    );
    expect(managed.length).toBeGreaterThan(0);
    expect(
      managed.filter(({ kind }) => kind === 'custom').every((table) => table.package !== undefined),
    ).toBe(true);
    for (const [name, { kind, parent }] of propertiesOf(run))
      if (kind === 'history')
        expect(name.replace(/__History$|History$/, '')).toBe(parent!.replace(/__c$/, ''));
  });
});
