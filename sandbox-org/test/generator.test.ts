import { describe, expect, it } from 'vitest';
import { describe as describeObject, describeGlobal } from '../src/org/describe.ts';
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
  it.each([1, 7, 120, 300, 3000])('has exactly %i objects with names of their own', (objects) => {
    const names = new Org({ objects, seed: 3, now: Date.now })
      .list()
      .map(({ name }) => name.toLowerCase());
    expect(names).toHaveLength(objects);
    expect(new Set(names).size).toBe(objects);
  });

  it('is the same for one seed, whatever was asked first, and another for another', () => {
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

  it('gives each object one Id, at most one name field and no field twice', () => {
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

  it('lists a child relationship for each reference, and no other', () => {
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

  it('walks down under different names from one parent', () => {
    for (const { name } of org.list()) {
      const names = org
        .children(name)
        .filter(({ relationshipName }) => relationshipName)
        .map((child) => `${child.childSObject}.${child.relationshipName}`);
      expect(new Set(names).size, name).toBe(names.length);
    }
  });

  it('has dependent picklists whose bitmaps name values that exist', () => {
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

  it('mentions in formulas only fields that can be reached', () => {
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

  it('sizes texts at three bytes a character', () => {
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

  it('are like a real org of 300 objects', () => {
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

describe('edits', () => {
  it('add, rename and remove objects and fields and move the times', () => {
    let now = Date.UTC(2026, 10, 24);
    const edited = new Org({ objects: 60, seed: 1, now: () => (now += 1000) });
    const before = edited.lastModifiedAt();
    edited.edit({ kind: 'addObject', name: 'Brand_New__c' });
    edited.edit({
      kind: 'addField',
      object: 'Brand_New__c',
      field: { name: 'Parent__c', type: 'reference', referenceTo: ['Account'] },
    });
    edited.edit({ kind: 'removeField', object: 'Account', field: 'Fax' });
    edited.edit({ kind: 'removeField', object: 'Account', field: 'ParentId' });
    edited.edit({
      kind: 'renameField',
      object: 'Contact',
      field: 'AccountId',
      name: 'EmployerId',
      label: 'Employer',
    });
    edited.edit({ kind: 'renameField', object: 'Account', field: 'Site', label: 'Place' });
    edited.edit({ kind: 'renameObject', object: 'Case', label: 'Ticket' });
    edited.edit({ kind: 'removeObject', object: 'Lead' });
    const account = edited.fields('Account').map(({ traits }) => traits);
    expect(
      edited
        .children('Account')
        .some(
          ({ childSObject, field }) => childSObject === 'Brand_New__c' && field === 'Parent__c',
        ),
    ).toBe(true);
    expect(account.some(({ name }) => name === 'Fax' || name === 'ParentId')).toBe(false);
    const children = edited
      .children('Account')
      .map(({ childSObject, field }) => `${childSObject}.${field}`);
    expect(children).not.toContain('Account.ParentId');
    expect(children).not.toContain('Contact.AccountId');
    expect(children).toContain('Contact.EmployerId');
    expect(
      edited.fields('Contact').find(({ traits }) => traits.name === 'EmployerId')?.traits.label,
    ).toBe('Employer');
    expect(account.find(({ name }) => name === 'Site')?.label).toBe('Place');
    expect(edited.find('Case')?.labelPlural).toBe('Tickets');
    expect(edited.find('Lead')).toBeUndefined();
    expect(JSON.parse(body(edited, 'Contact'))).not.toHaveProperty('Lead');
    expect(edited.lastModifiedAt()).toBeGreaterThan(before);
    expect(edited.modifiedAt('Account')).toBeGreaterThan(edited.modifiedAt('Contact'));
  });

  it('give renamed objects their fields and say which object is missing', () => {
    const edited = new Org({ objects: 60, seed: 1, now: Date.now });
    const [custom] = edited.list().filter(({ kind }) => kind === 'custom');
    edited.edit({ kind: 'renameObject', object: custom?.name ?? '', name: 'Renamed__c' });
    expect(edited.find(custom?.name ?? '')).toBeUndefined();
    expect(edited.fields('Renamed__c').length).toBeGreaterThan(3);
    expect(() => edited.edit({ kind: 'touch', object: 'Nope' })).toThrow('Nope');
  });
});

describe('the keys of answers', () => {
  const OBJECT_KEYS =
    'actionOverrides activateable associateEntityType associateParentEntity childRelationships compactLayoutable createable custom customSetting dataTranslationEnabled deepCloneable defaultImplementation deletable deprecatedAndHidden extendedBy extendsInterfaces feedEnabled fields hasSubtypes idEnabled implementedBy implementsInterfaces isInterface isSubtype keyPrefix label labelPlural layoutable listviewable lookupLayoutable mergeable mruEnabled name namedLayoutInfos networkScopeFieldName queryable recordTypeInfos replicateable retrieveable searchLayoutable searchable sobjectDescribeOption supportedScopes triggerable undeletable updateable urls';
  const FIELD_KEYS =
    'aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive compoundFieldName controllerName createable custom dataTranslationEnabled defaultValue defaultValueFormula defaultedOnCreate dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText label length mask maskType name nameField namePointing nillable permissionable picklistValues polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete restrictedPicklist scale searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead';
  const LISTED_KEYS =
    'activateable associateEntityType associateParentEntity createable custom customSetting dataTranslationEnabled deepCloneable deletable deprecatedAndHidden feedEnabled hasSubtypes idEnabled isInterface isSubtype keyPrefix label labelPlural layoutable mergeable mruEnabled name queryable replicateable retrieveable searchable triggerable undeletable updateable urls';

  /** The different lists of keys among these objects. */
  const keysOf = (objects: readonly object[]): string[] => [
    ...new Set(objects.map((each) => Object.keys(each).join(' '))),
  ];

  it('are those of a real describe, for every kind of object', () => {
    const some = org
      .list()
      .filter(({ kind }, i) => i % 3 === 0 || !['standard', 'custom'].includes(kind));
    const described = some.map(
      ({ name }) =>
        JSON.parse(body(org, name)) as {
          fields: object[];
          recordTypeInfos: object[];
          childRelationships: object[];
        },
    );
    expect(keysOf(described)).toEqual([OBJECT_KEYS]);
    expect(keysOf(described.flatMap(({ fields }) => fields))).toEqual([FIELD_KEYS]);
    expect(keysOf(described.flatMap(({ recordTypeInfos }) => recordTypeInfos))).toEqual([
      'active available defaultRecordTypeMapping developerName master name recordTypeId urls',
    ]);
    expect(keysOf(described.flatMap(({ childRelationships }) => childRelationships))).toEqual([
      'cascadeDelete childSObject deprecatedAndHidden field junctionIdListNames junctionReferenceTo relationshipName restrictedDelete',
    ]);
  });

  it('are those of a real describeGlobal', () => {
    const { sobjects, ...rest } = JSON.parse(describeGlobal(org, target)) as { sobjects: object[] };
    expect(rest).toEqual({ encoding: 'UTF-8', maxBatchSize: 200 });
    expect(keysOf(sobjects)).toEqual([LISTED_KEYS]);
  });
});
