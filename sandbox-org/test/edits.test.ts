import { describe, expect, it } from 'vitest';
import { describe as describeObject, describeGlobal } from '../src/org/describe.ts';
import { Org } from '../src/org/org.ts';

const target = { version: '66.0', origin: 'https://acme.my.salesforce.com' };
const org = new Org({ objects: 300, seed: 1, now: Date.now });
const body = (of: Org, name: string): string => {
  const entry = of.find(name);
  if (!entry) throw new Error(`no ${name}`);
  return describeObject(of, entry, target);
};

describe('edits', () => {
  it('add, rename and remove objects and fields, and update times', () => {
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

  it('keep the fields of renamed objects and report a missing object', () => {
    const edited = new Org({ objects: 60, seed: 1, now: Date.now });
    const [custom] = edited.list().filter(({ kind }) => kind === 'custom');
    edited.edit({ kind: 'renameObject', object: custom?.name ?? '', name: 'Renamed__c' });
    expect(edited.find(custom?.name ?? '')).toBeUndefined();
    expect(edited.fields('Renamed__c').length).toBeGreaterThan(3);
    expect(() => edited.edit({ kind: 'touch', object: 'Nope' })).toThrow('Nope');
  });
});

describe('the keys of responses', () => {
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
