import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../../test/support/property-runs.ts';
import { FIELD_MEMBERS, readFields } from '../describe/sobject-field.ts';
import { trimListInPlace } from './json-trim.ts';
import { WantedMembers } from './wanted-members.ts';

const WANTED = ['name', 'label', 'length', 'referenceTo', 'unique'];
const wanted = new WantedMembers(WANTED, ['nillable']);

function trimmed(text: string, start = 0): unknown {
  const bytes = Buffer.from(text);
  const { json, length, end } = trimListInPlace(bytes, start, wanted);
  return {
    list: JSON.parse(json.toString()) as unknown,
    length,
    rest: bytes.subarray(end).toString(),
  };
}

/**
 * Names of the same length, with the same first, middle and last letter: all that the hash of a
 * name looks at.
 */
function lookalikes(name: string): string[] {
  const middle = name.length >> 1;
  return name
    .split('')
    .flatMap((letter, at) =>
      at === 0 || at === middle || at === name.length - 1
        ? []
        : [`${name.slice(0, at)}${letter === 'x' ? 'y' : 'x'}${name.slice(at + 1)}`],
    );
}

/** The expected result, computed from parsed objects. */
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

const member = fc.tuple(
  fc.oneof(fc.constantFrom(...WANTED, 'nillable', ...lookalikes('label')), fc.string()),
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

describe('trimListInPlace', () => {
  it('keeps the wanted members that differ from an absent one in any list', () => {
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

  it('keeps everything that the reader of fields uses', () => {
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
        const { json } = trimListInPlace(Buffer.from(JSON.stringify(list)), 0, FIELD_MEMBERS);
        expect(readFields(JSON.parse(json.toString()))).toEqual(readFields(list));
      }),
      { numRuns: runs(200) },
    );
  });

  it.each(WANTED.filter((name) => name.length > 4))(
    'drops members whose names have the same hash as %s',
    (name) => {
      const object = Object.fromEntries(lookalikes(name).map((other) => [other, 'value']));
      expect(Object.keys(object).length).toBeGreaterThan(0);
      expect(trimmed(JSON.stringify([{ ...object, [name]: 'value' }]))).toMatchObject({
        list: [{ [name]: 'value' }],
      });
    },
  );

  it('tells names from those that an earlier object has in their place by each character', () => {
    const name = 'calculatedFormula';
    for (let at = 0; at < name.length; at++) {
      const other = `${name.slice(0, at)}X${name.slice(at + 1)}`;
      const { json } = trimListInPlace(
        Buffer.from(JSON.stringify([{ [name]: 'a' }, { [other]: 'b' }, { [name]: 'c' }])),
        0,
        new WantedMembers([name]),
      );
      expect(JSON.parse(json.toString())).toEqual([{ [name]: 'a' }, {}, { [name]: 'c' }]);
    }
  });

  it('keeps each of several wanted members with the same hash', () => {
    const names = ['label', ...lookalikes('label')];
    const object = Object.fromEntries(names.map((name) => [name, name === 'label' ? 'a' : 0]));
    const { json } = trimListInPlace(
      Buffer.from(JSON.stringify([object])),
      0,
      new WantedMembers(['label'], lookalikes('label')),
    );
    expect(JSON.parse(json.toString())).toEqual([object]);
  });

  it('leaves an earlier list of the same text as it was', () => {
    const text = Buffer.from('[{"name":"a","x":1}][{"name":"b","x":2}]');
    const first = trimListInPlace(text, 0, wanted);
    const second = trimListInPlace(text, first.end, wanted);
    expect([first.json.toString(), second.json.toString()]).toEqual([
      '[{"name":"a"}]',
      '[{"name":"b"}]',
    ]);
  });

  it('drops most of a field of a describe', () => {
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
    '[{"name":1},{"na',
    '[{"name":1},{"name":',
    '[{"x":null0}]',
    '[{"x":nul',
    '[{"name":1 "label":2}]',
    '[{"name" 1}]',
    '[{1:1}]',
    '[{"name":1}{"name":2}]',
    '["a',
  ])('rejects %j with a retryable error', (text) => {
    expect(() => trimmed(text)).toThrow(
      expect.objectContaining({ code: 'SALESFORCE_UNEXPECTED', retryable: true }),
    );
  });
});
