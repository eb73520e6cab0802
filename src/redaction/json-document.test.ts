import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../test/support/any-character.ts';
import { runs } from '../../test/support/property-runs.ts';
import { redactorOf, secretValue } from '../../test/support/redaction.ts';

describe('a redacted JSON document', () => {
  it('is valid JSON, for any secret at any place', () => {
    fc.assert(
      fc.property(
        secretValue,
        fc.string({ unit: anyCharacter }),
        fc.string({ unit: anyCharacter }),
        (value, before, after) => {
          const line = JSON.stringify({
            [`${before}${value}`]: [before + value + after, { number: 17, value }],
            after,
          });
          const clean = redactorOf(value)(line);
          expect(() => JSON.parse(clean) as unknown).not.toThrow();
          expect(clean).not.toContain(JSON.stringify(value));
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it.each([
    ['starts inside an escape', 'nabcdefg', '\nabcdefg'],
    ['ends inside an escape', 'hunter2\\', 'hunter2"'],
    ['starts inside a unicode escape', 'b123456', '\u001b123456'],
    ['looks like the structure of the document', '","b":"', 'x","b":"y'],
  ])('keeps its keys when a secret %s', (_what, value, text) => {
    const clean = redactorOf(value)(JSON.stringify({ a: text, b: 'z' }));
    expect(Object.keys(JSON.parse(clean) as object)).toEqual(['a', 'b']);
  });

  it.each([
    ['nabcdefg', '\nabcdefg'],
    ['hunter2\\', 'hunter2"'],
    ['b123456', '\u001b123456'],
    ['0041bcd', '\u00410041bcd'],
  ])('is valid JSON among other lines, with the secret %j', (value, text) => {
    const line = JSON.stringify({ a: text, b: 'z' });
    const clean = redactorOf(value)(`${line}\n${line}\n`).trimEnd().split('\n');
    expect(clean.map((one) => (JSON.parse(one) as { a: string }).a)).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining('[secret]') as string),
    );
  });

  it('keeps numbers that only contain the digits of a secret', () => {
    const clean = redactorOf('170000')(
      JSON.stringify({ time: 1_700_000_000_000, code: 170_000, text: 'pin 170000' }),
    );
    expect(JSON.parse(clean)).toEqual({
      time: 1_700_000_000_000,
      code: '[secret]',
      text: 'pin [secret]',
    });
  });
});
