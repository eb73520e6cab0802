import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../../test/support/any-character.ts';
import { cpuSeconds } from '../../../../test/support/cpu-time.ts';
import { runs } from '../../../../test/support/property-runs.ts';
import { MAX_NESTING, parseFormula } from './parse.ts';
import { references } from './references.ts';

const SIZE = 400_000;

/** Each returns a hostile text of about the given length. */
const HOSTILE: Readonly<Record<string, (length: number) => string>> = {
  'open brackets': (length) => '('.repeat(length),
  'nested calls': (length) => 'IF('.repeat(length / 3),
  'brackets that close': (length) => `${'('.repeat(length / 2)}1${')'.repeat(length / 2)}`,
  signs: (length) => `${'-'.repeat(length)}1`,
  negations: (length) => `${'!'.repeat(length)}A`,
  'a long sum': (length) =>
    Array.from({ length: length / 4 }, (_, index) => `F${index % 10}`).join('+'),
  'rising and falling precedence': (length) => 'A||B&&C=D<E+F*G^H*'.repeat(length / 18),
  'a long path': (length) => 'a.'.repeat(length / 2),
  'a long name': (length) => 'a'.repeat(length),
  colons: (length) => 'a:'.repeat(length / 2),
  'an open text of escapes': (length) => `"${'\\"'.repeat(length / 2)}`,
  'open comments': (length) => '/*'.repeat(length / 2),
  'many comments': (length) => '/**/'.repeat(length / 4),
  stars: (length) => `/${'*'.repeat(length)}`,
  'digits and dots': (length) => '1.'.repeat(length / 2),
  blanks: (length) => ' '.repeat(length),
  'many arguments': (length) => `MAX(${'A,'.repeat(length / 2)}1)`,
  'distinct fields': (length) =>
    Array.from({ length: length / 8 }, (_, index) => `F${index}__c`).join('&'),
};

function read(source: string): readonly string[] {
  const parsed = parseFormula(source);
  return parsed.ok ? references(parsed.ast).map(({ text }) => text) : [];
}

describe('a hostile formula', () => {
  it.each(Object.keys(HOSTILE))('is parsed in linear time: %s', (name) => {
    const source = HOSTILE[name]!(SIZE);
    expect(cpuSeconds(() => read(source))).toBeLessThan(2);
  });

  it('never makes the parser throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 5000 }), (source) => {
        expect(parseFormula(source)).toHaveProperty('ok');
      }),
      { numRuns: runs(10) },
    );
  });

  it('never makes the parser throw when made of pieces of formulas', () => {
    const piece = fc.constantFrom(
      '(',
      ')',
      ',',
      '"',
      "'",
      '\\',
      '/*',
      '*/',
      '+',
      '-',
      '!',
      '&&',
      '||',
      '<>',
      '=',
      '1',
      '.',
      ':',
      '$User',
      'IF(',
      'A.B',
      ' ',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 2000 }), (pieces) => {
        const source = pieces.join('');
        const parsed = parseFormula(source);
        if (parsed.ok) references(parsed.ast);
        else expect(parsed.position).toBeLessThanOrEqual(source.length);
      }),
      { numRuns: runs(25) },
    );
  });
});

describe('nesting', () => {
  const nested = (depth: number): string => `${'ABS('.repeat(depth)}A${')'.repeat(depth)}`;

  it('is accepted up to the limit', () => {
    expect(read(nested(MAX_NESTING))).toEqual(['A']);
  });

  it('is rejected beyond the limit, at that position', () => {
    expect(parseFormula(nested(MAX_NESTING + 1))).toEqual({
      ok: false,
      position: MAX_NESTING * 4 + 3,
      message: `nested more than ${MAX_NESTING} levels deep`,
    });
  });

  it('does not count siblings', () => {
    expect(read(Array.from({ length: MAX_NESTING * 2 }, () => '(A)').join('+'))).toEqual(['A']);
  });
});

interface Written {
  readonly text: string;
  readonly fields: readonly string[];
}

/** Formulas of every form, each with the references that were put in. */
const written: fc.Arbitrary<Written> = fc.letrec<{ value: Written }>((tie) => {
  const gap = fc.constantFrom('', ' ', '\r\n', '/* "A.B" */');
  const literal = fc
    .oneof(
      fc.string({ maxLength: 12 }).map((text) => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`),
      fc.nat().map(String),
      fc.constantFrom('TRUE', 'FALSE', 'NULL'),
    )
    .map((text) => ({ text, fields: [] }));
  const field = fc
    .constantFrom(
      'Amount',
      'Account.Owner.Name',
      'ns__Parent__r.ns__Field__c',
      '$User.Email',
      'Owner:User.Name',
      '$CustomMetadata.T__mdt.R.F__c',
    )
    .map((text) => ({ text, fields: [text] }));
  const operator = fc.constantFrom(
    '+',
    '-',
    '*',
    '/',
    '^',
    '&',
    '=',
    '==',
    '<>',
    '!=',
    '<',
    '<=',
    '>',
    '>=',
    '&&',
    '||',
  );
  const value = tie('value');
  const operation = fc.tuple(value, gap, operator, gap, value).map(([left, a, sign, b, right]) => ({
    text: `${left.text}${a}${sign}${b}${right.text}`,
    fields: [...left.fields, ...right.fields],
  }));
  const call = fc
    .tuple(
      fc.constantFrom('IF', 'case', 'Text', 'PRIORVALUE'),
      gap,
      fc.array(value, { maxLength: 4 }),
    )
    .map(([name, space, operands]) => ({
      text: `${name}${space}(${operands.map(({ text }) => text).join(`,${space}`)})`,
      fields: operands.flatMap(({ fields }) => fields),
    }));
  const bracketed = fc
    .tuple(fc.constantFrom('', '-', '!'), value)
    .map(([sign, inner]) => ({ text: `${sign}(${inner.text})`, fields: inner.fields }));
  return { value: fc.oneof({ maxDepth: 6 }, literal, field, operation, call, bracketed) };
}).value;

describe('a valid formula', () => {
  it('returns exactly the references it was made of', () => {
    fc.assert(
      fc.property(written, ({ text, fields }) => {
        expect(parseFormula(text)).toMatchObject({ ok: true });
        expect(read(text)).toEqual([...new Set(fields)]);
      }),
      { numRuns: runs(200) },
    );
  });
});
