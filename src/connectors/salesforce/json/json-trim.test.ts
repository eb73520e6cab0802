import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../../test/support/property-runs.ts';
import { FIELD_MEMBERS, readFields } from '../describe/sobject-field.ts';
import { trimList, WantedMembers } from './json-trim.ts';

const WANTED = ['name', 'label', 'length', 'referenceTo', 'unique'];
const wanted = new WantedMembers(WANTED, ['nillable']);

function trimmed(text: string, start = 0): unknown {
  const { json, length, end } = trimList(Buffer.from(text), start, wanted);
  return {
    list: JSON.parse(json.toString()) as unknown,
    length,
    rest: Buffer.from(text).subarray(end).toString(),
  };
}

/** The same by way of objects. */
function expected(element: unknown): unknown {
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return element;
  return Object.fromEntries(
    Object.entries(element).filter(([name, value]) => {
      if (name === 'nillable')
        return value !== null && !(Array.isArray(value) && value.length === 0);
      return (
        WANTED.includes(name) &&
        value !== null &&
        value !== false &&
        value !== 0 &&
        !(Array.isArray(value) && value.length === 0)
      );
    }),
  );
}

/** A name that was dropped for sure; others may share a hash with a wanted one. */
const dropped = fc.constantFrom(
  'searchPrefilterable',
  'sortable',
  'writeRequiresMasterRead',
  'urls',
);
const member = fc.tuple(
  fc.oneof(fc.constantFrom(...WANTED, 'nillable'), dropped),
  fc.jsonValue().map((value) => (Object.is(value, -0) ? 0 : value)),
);
const element = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(member, { maxLength: 8 }).map((members) => Object.fromEntries(members)),
  },
  fc
    .jsonValue()
    .filter((value) => typeof value !== 'object' || value === null || Array.isArray(value)),
);

describe('a list of objects, trimmed', () => {
  it('has of each what is wanted and says something, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(element), fc.boolean(), (list, spaced) => {
        const text = JSON.stringify(list, undefined, spaced ? 2 : 0);
        const plain = JSON.parse(text) as unknown[];
        expect(trimmed(`x${text},"rest"`, 1)).toEqual({
          list: plain.map(expected),
          length: plain.length,
          rest: ',"rest"',
        });
      }),
      { numRuns: runs(300) },
    );
  });

  it('reads as the same fields: whatever was dropped goes without saying', () => {
    const flag = fc.option(fc.boolean());
    const number = fc.option(fc.integer({ min: 0, max: 3 }));
    const text = fc.option(fc.constantFrom('', 'x', '0'));
    const names = fc.option(fc.array(fc.constantFrom('Account', 'User'), { maxLength: 2 }));
    const value = fc.record({
      value: text,
      label: text,
      active: flag,
      defaultValue: flag,
      validFor: text,
    });
    const field = fc.record({
      name: fc.constant('F'),
      type: fc.constant('string'),
      label: text,
      soapType: text,
      length: number,
      precision: number,
      scale: number,
      nillable: flag,
      aggregatable: flag,
      unique: flag,
      externalId: flag,
      autoNumber: flag,
      calculatedFormula: text,
      encrypted: flag,
      mask: text,
      maskType: text,
      defaultValue: fc.oneof(flag, number, text),
      defaultValueFormula: text,
      compoundFieldName: text,
      inlineHelpText: text,
      htmlFormatted: flag,
      cascadeDelete: flag,
      restrictedDelete: flag,
      relationshipName: text,
      relationshipOrder: number,
      referenceTo: names,
      restrictedPicklist: flag,
      dependentPicklist: flag,
      controllerName: text,
      picklistValues: fc.option(fc.array(value, { maxLength: 2 })),
      sortable: flag,
      byteLength: number,
    });
    fc.assert(
      fc.property(fc.array(field, { maxLength: 3 }), (list) => {
        const { json } = trimList(Buffer.from(JSON.stringify(list)), 0, FIELD_MEMBERS);
        expect(readFields(JSON.parse(json.toString()))).toEqual(readFields(list));
      }),
      { numRuns: runs(200) },
    );
  });

  it('is a small part of what a describe has', () => {
    const field = {
      aggregatable: true,
      calculatedFormula: null,
      label: 'A "quoted" label',
      length: 80,
      name: 'Name',
      nillable: false,
      referenceTo: [],
      unique: false,
      urls: { a: ['}'] },
    };
    expect(trimmed(JSON.stringify([field]))).toMatchObject({
      list: [{ label: 'A "quoted" label', length: 80, name: 'Name', nillable: false }],
    });
  });

  it.each([
    '[',
    '[{',
    '[{"name"',
    '[{"name":',
    '[{"name":"a',
    '[{"name":1',
    '[{"name":1}',
    '[{"name":1 "label":2}]',
    '[{"name" 1}]',
    '[{1:1}]',
    '[{"name":1}{"name":2}]',
    '["a',
  ])('%j is refused and worth another try', (text) => {
    expect(() => trimmed(text)).toThrow(
      expect.objectContaining({ code: 'SALESFORCE_UNEXPECTED', retryable: true }),
    );
  });
});
