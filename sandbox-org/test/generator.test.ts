import { describe, expect, it } from 'vitest';
import { describe as describeObject } from '../src/org/describe.ts';
import { FIELD_TYPES, type Field } from '../src/org/model.ts';
import { Org } from '../src/org/org.ts';

const target = { version: '66.0', origin: 'https://acme.my.salesforce.com' };
const org = new Org({ objects: 300, seed: 1, now: Date.now });
const all: { object: string; field: Field }[] = org
  .list()
  .flatMap(({ name }) => org.fields(name).map((field) => ({ object: name, field })));
const body = (of: Org, name: string): string => {
  const entry = of.find(name);
  if (!entry) throw new Error(`no ${name}`);
  return describeObject(of, entry, target);
};

describe('the generated org', () => {
  it.each([1, 7, 120, 300, 3000])('has exactly %i objects with unique names', (objects) => {
    const names = new Org({ objects, seed: 3, now: Date.now })
      .list()
      .map(({ name }) => name.toLowerCase());
    expect(names).toHaveLength(objects);
    expect(new Set(names).size).toBe(objects);
  });

  it('depends on the seed only, in any order of access', () => {
    const again = new Org({ objects: 300, seed: 1, now: Date.now });
    const backwards = again.list().toReversed();
    for (const { name } of backwards.slice(0, 60)) expect(body(again, name)).toBe(body(org, name));
    expect(body(new Org({ objects: 300, seed: 2, now: Date.now }), 'Account')).not.toBe(
      body(org, 'Account'),
    );
  });

  it('has all kinds of objects', () => {
    const kinds = new Set(org.list().map(({ kind }) => kind));
    expect(kinds).toEqual(
      new Set([
        'standard',
        'custom',
        'setting',
        'metadata',
        'event',
        'big',
        'external',
        'share',
        'history',
        'feed',
        'changeEvent',
      ]),
    );
    expect(new Set(org.list().map(({ namespace }) => namespace))).toEqual(
      new Set([null, 'fldops', 'qtc']),
    );
  });

  it('has all 29 field types', () => {
    expect(new Set(all.map(({ field }) => field.traits.type))).toEqual(new Set(FIELD_TYPES));
  });

  it('gives each object one Id, at most one name field and no duplicate field', () => {
    for (const { name } of org.list()) {
      const fields = org.fields(name).map(({ traits }) => traits);
      expect(
        fields.filter(({ type }) => type === 'id').map((field) => field.name),
        name,
      ).toEqual(['Id']);
      expect(fields.filter(({ nameField }) => nameField).length, name).toBeLessThanOrEqual(1);
      expect(new Set(fields.map((field) => field.name.toLowerCase())).size, name).toBe(
        fields.length,
      );
    }
  });

  it('lists exactly one child relationship for each reference', () => {
    const fromFields = all.flatMap(({ object, field }) =>
      (field.traits.referenceTo ?? []).map((to) => `${to} <- ${object}.${field.traits.name}`),
    );
    const fromChildren = org
      .list()
      .flatMap(({ name }) =>
        org.children(name).map((child) => `${name} <- ${child.childSObject}.${child.field}`),
      );
    expect(fromChildren.sort()).toEqual(fromFields.sort());
  });

  it('gives the child relationships of a parent different names', () => {
    for (const { name } of org.list()) {
      const names = org
        .children(name)
        .filter(({ relationshipName }) => relationshipName)
        .map((child) => `${child.childSObject}.${child.relationshipName}`);
      expect(new Set(names).size, name).toBe(names.length);
    }
  });

  it('has dependent picklists with bitmaps of existing values', () => {
    const dependents = all.filter(({ field }) => field.traits.dependentPicklist);
    expect(dependents.length).toBeGreaterThan(20);
    for (const { object, field } of dependents) {
      const controller = org
        .fields(object)
        .find(({ traits }) => traits.name === field.traits.controllerName);
      const count = controller?.traits.picklistValues?.length ?? 0;
      const highest = (field.traits.picklistValues ?? []).map(({ validFor }) => {
        const bits = [...Buffer.from(validFor ?? '', 'base64')].flatMap((byte) =>
          Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1),
        );
        return bits.lastIndexOf(1);
      });
      expect(Math.max(...highest)).toBeLessThan(count);
    }
  });

  it('has formulas with text, and roll-ups without', () => {
    const formulas = all.filter(({ field }) => field.traits.calculatedFormula);
    const rollUps = all.filter(({ field }) => field.rollUp);
    expect(formulas.length).toBeGreaterThan(100);
    expect(
      formulas.some(({ field }) => field.traits.calculatedFormula?.includes('$CustomMetadata.')),
    ).toBe(true);
    expect(
      formulas.some(({ field }) =>
        /\w__r\.\w+__Code__c/.test(field.traits.calculatedFormula ?? ''),
      ),
      'one that reaches into a package',
    ).toBe(true);
    expect(rollUps.length).toBeGreaterThan(5);
    expect(
      rollUps.every(
        ({ field }) =>
          field.traits.calculated === true && (field.traits.calculatedFormula ?? null) === null,
      ),
    ).toBe(true);
  });

  it('refers in formulas only to reachable fields', () => {
    const reach = (object: string, path: readonly string[]): boolean => {
      const [step = '', ...rest] = path;
      const fields = org.fields(object).map(({ traits }) => traits);
      if (rest.length === 0) return fields.some(({ name }) => name === step);
      const target = fields
        .find(({ relationshipName }) => relationshipName === step)
        ?.referenceTo?.at(-1);
      return target !== undefined && reach(target, rest);
    };
    const dangling = all.flatMap(({ object, field }) => {
      const text = (field.traits.calculatedFormula ?? '').replaceAll(
        /"[^"]*"|\/\*.*?\*\/|\$[\w.]+/g,
        ' ',
      );
      const paths = [
        ...text.matchAll(/(?<![\w.])[A-Za-z]\w*(?:\.\w+)+|(?<![\w.])\w+__c(?!\.)/g),
      ].map(([path]) => path.split('.'));
      return paths
        .filter((path) => !reach(object, path))
        .map((path) => `${object}: ${path.join('.')}`);
    });
    expect(dangling).toEqual([]);
  });

  it('has polymorphic, master-detail, filtered, unique and external-id fields', () => {
    const traits = all.map(({ field }) => field.traits);
    expect(Math.max(...traits.map(({ referenceTo }) => referenceTo?.length ?? 0))).toBeGreaterThan(
      30,
    );
    expect(Math.max(...traits.map(({ label }) => label.length))).toBe(255);
    expect(org.fields('Property__c').length).toBeGreaterThan(880);
    expect(
      traits.some(
        ({ relationshipOrder, cascadeDelete }) => relationshipOrder === 0 && cascadeDelete,
      ),
    ).toBe(true);
    for (const key of [
      'filteredLookupInfo',
      'unique',
      'externalId',
      'autoNumber',
      'encrypted',
      'htmlFormatted',
    ] as const)
      expect(
        traits.some((each) => each[key]),
        key,
      ).toBe(true);
  });

  it('has labels and help that break careless code', () => {
    const labels = [
      ...org.list().map(({ label }) => label),
      ...all.map(({ field }) => field.traits.label),
    ].join('\n');
    for (const odd of ['🚀', '"', '::', ' > ', 'م', '<b>']) expect(labels, odd).toContain(odd);
    expect(all.some(({ field }) => field.traits.inlineHelpText?.startsWith('<p>'))).toBe(true);
  });

  it('sizes texts at three bytes per character', () => {
    const texts = all
      .map(({ field }) => field.traits)
      .filter(({ soapType = 'xsd:string', length = 0 }) => soapType === 'xsd:string' && length > 0);
    expect(texts.filter(({ length = 0, byteLength }) => byteLength !== length * 3)).toEqual([]);
  });
});

describe('sizes', () => {
  /** The mean over every n-th object. */
  function meanSize(of: Org, n: number): number {
    const bytes = of
      .list()
      .filter((_, i) => i % n === 0)
      .map(({ name }) => body(of, name).length);
    return bytes.reduce((sum, size) => sum + size, 0) / bytes.length;
  }

  it('match a real org of 300 objects', () => {
    const mean = meanSize(org, 1);
    expect(mean).toBeGreaterThan(55_000);
    expect(mean).toBeLessThan(100_000);
    expect(body(org, 'Account').length).toBeGreaterThan(250_000);
    expect(org.children('User').length).toBeGreaterThan(400);
  });

  it('keep their mean at 3,000 objects, where User alone is over a megabyte', () => {
    const large = new Org({ objects: 3000, seed: 1, now: Date.now });
    const mean = meanSize(large, 4);
    expect(mean).toBeGreaterThan(60_000);
    expect(mean).toBeLessThan(80_000);
    expect(body(large, 'User').length).toBeGreaterThan(1_200_000);
    const small = large
      .list()
      .filter(({ kind }) => kind === 'share' || kind === 'history' || kind === 'feed')
      .slice(0, 200);
    expect(Math.max(...small.map(({ name }) => body(large, name).length))).toBeLessThan(40_000);
  });
});
