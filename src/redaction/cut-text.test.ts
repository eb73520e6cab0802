import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/property-runs.ts';
import { createCutText } from './cut-text.ts';
import { createRedactor } from './redactor.ts';

const SECRET = 'Hn7 correct horse/"battery" staple';

const redactor = createRedactor();
redactor.add(SECRET);
const cut = createCutText((text) => redactor.redact(text));

describe('a cut text', () => {
  it.each([
    SECRET,
    JSON.stringify(SECRET),
    encodeURIComponent(SECRET),
    Buffer.from(SECRET).toString('base64'),
  ])('contains no part of a secret at the cut, wherever the secret is (%s)', (form) => {
    for (let before = 0; before <= 100; before += 1) {
      const short = cut(`${'.'.repeat(before)}${form}${'.'.repeat(100)}`, 100);
      expect(short.length).toBeLessThanOrEqual(100);
      expect(short).toMatch(/^\.*"?(?:\[(?:s(?:e(?:c(?:r(?:e(?:t(?:\]"?\.*)?)?)?)?)?)?)?)?…?$/);
    }
  });

  it('contains no part of a secret in a JSON document', () => {
    const short = cut(JSON.stringify({ a: '.'.repeat(80), b: SECRET, c: '.'.repeat(80) }), 100);
    expect(short).toBe(`{"a":"${'.'.repeat(80)}","b":"[secre…`);
  });

  it('is unchanged when short enough, and otherwise has the full length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.integer({ min: 1, max: 40 }), (text, length) => {
        const short = cut(text, length);
        expect(short.length).toBeLessThanOrEqual(length);
        if (text.length <= length) expect(short).toBe(text);
        else
          expect([
            text.startsWith(short.slice(0, -1)),
            short.endsWith('…'),
            short.length >= length - 1,
          ]).toEqual([true, true, true]);
      }),
      { numRuns: runs(200) },
    );
  });

  it('is complete when only the secret made it too long', () => {
    expect(cut(`by phone: ${SECRET}.`, 30)).toBe('by phone: [secret].');
  });

  it('does not end with half a character', () => {
    expect(cut('ab\u{1F680}cd', 4)).toBe('ab…');
  });
});
