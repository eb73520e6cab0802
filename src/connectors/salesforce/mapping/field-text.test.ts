import { describe, expect, it } from 'vitest';
import { readDescribe } from '../describe/sobject-describe.ts';
import { fieldProperties, valuesThatFit, type FieldProperties } from './field-properties.ts';
import { propertiesText } from './field-text.ts';

const master = {
  name: 'Master',
  developerName: 'Master',
  active: true,
  available: true,
  master: true,
  defaultRecordTypeMapping: true,
};

function propertiesOf(
  field: object,
  recordTypeInfos: readonly object[] = [master],
): FieldProperties {
  const object = readDescribe({
    name: 'X',
    recordTypeInfos,
    fields: [{ name: 'F', type: 'string', ...field }],
  });
  return fieldProperties(object.fields[0]!, object);
}

describe('the properties of a field', () => {
  it('are empty if the column contains everything', () => {
    expect(propertiesOf({ length: 80, nillable: false, unique: true, defaultValue: null })).toEqual(
      {},
    );
    expect(propertiesOf({ type: 'boolean', defaultValue: false })).toEqual({});
  });

  it('omit the defaults of picklist values', () => {
    const picklistValues = [
      { value: 'a', label: 'a', active: true, defaultValue: true },
      { value: 'b', label: 'Bee', active: false, defaultValue: false },
    ];
    expect(propertiesOf({ type: 'picklist', restrictedPicklist: true, picklistValues })).toEqual({
      picklist: {
        restricted: true,
        values: [
          { value: 'a', default: true },
          { value: 'b', label: 'Bee', active: false },
        ],
      },
    });
  });

  it('truncate a picklist with thousands of values and contain their number', () => {
    const picklistValues = Array.from({ length: 3000 }, (_, index) => ({
      value: `v${index}`,
      active: true,
    }));
    const { picklist } = propertiesOf({ type: 'picklist', picklistValues });
    expect([picklist!.values.length, picklist!.total]).toEqual([500, 3000]);
    expect(propertiesText({ picklist: picklist! }, undefined)).toContain('and 2975 more');
  });

  it('reduce the picklists of an object with too many values for one record', () => {
    const field = (name: string): object => ({
      name,
      type: 'picklist',
      picklistValues: Array.from({ length: 900 }, (_, index) => ({ value: `v${index}` })),
    });
    const object = readDescribe({
      name: 'X',
      fields: Array.from({ length: 11 }, (_, index) => field(`F${index}`)),
    });
    const most = valuesThatFit(object.fields);
    expect(fieldProperties(object.fields[10]!, object, most).picklist).toMatchObject({
      values: { length: 25 },
      total: 900,
    });
    expect(valuesThatFit(object.fields.slice(1))).toBe(500);
  });

  it.each([
    [{ referenceTo: ['Account'] }, 'lookup', undefined],
    [{ referenceTo: ['User', 'Group'] }, 'polymorphic', undefined],
    [
      { referenceTo: ['Invoice__c'], relationshipOrder: 0, cascadeDelete: true },
      'masterDetail',
      'cascade',
    ],
    [{ referenceTo: ['Account'], restrictedDelete: true }, 'lookup', 'restrict'],
  ])('classify the relationship %j', (field, kind, onDelete) => {
    expect(
      propertiesOf({ type: 'reference', relationshipName: 'R', ...field }).relationship,
    ).toMatchObject({ kind, name: 'R', ...(onDelete === undefined ? {} : { onDelete }) });
  });
});

describe('the description of a field', () => {
  it('does not repeat the help text', () => {
    expect(propertiesText({ helpText: 'Ask Finance' }, 'Ask Finance')).toBe('');
    expect(propertiesText({ helpText: 'Ask Finance' }, 'Net amount')).toBe(
      'Help text: Ask Finance',
    );
  });

  it('fences a formula with more backticks than it contains', () => {
    expect(propertiesText({ formula: 'A & "````" & B' }, undefined)).toBe(
      'Formula:\n`````\nA & "````" & B\n`````',
    );
  });

  it('contains roll-up, default, kind and status', () => {
    const text = propertiesText(
      {
        encrypted: { mask: '*', maskType: 'all' },
        externalId: true,
        defaultFormula: 'TODAY()',
        rollUp: { operation: 'sum', child: 'Line__c', field: 'Amount__c' },
        businessStatus: 'DeprecateCandidate',
      },
      undefined,
    );
    expect(text.split('\n\n')).toEqual([
      'Roll-up summary: SUM of `Line__c.Amount__c`',
      'Default: `TODAY()`',
      'Kind: external id, encrypted, masked with `*` (all)',
      'Status: DeprecateCandidate',
    ]);
  });
});
