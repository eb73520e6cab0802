import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/property-runs.ts';
import { formatReference, looksLikeReference, parseReference } from './reference.ts';

describe('a reference', () => {
  it.each([
    ['secret:/a', ['a']],
    ['secret:/salesforce/prod/password', ['salesforce', 'prod', 'password']],
    ['secret:/A-b_c.d/0', ['A-b_c.d', '0']],
    [`secret:/${'x'.repeat(64)}`, ['x'.repeat(64)]],
    ['secret:/1/2/3/4/5/6/7/8', ['1', '2', '3', '4', '5', '6', '7', '8']],
    ['secret:/a..b', ['a..b']],
  ])('parses %s', (text, path) => {
    expect(parseReference(text)).toEqual(path);
    expect(formatReference(path)).toBe(text);
  });

  it.each([
    'secret:',
    'secret:/',
    'secret:a',
    'secret://a',
    'secret:/a/',
    'secret:/a//b',
    'secret:/.',
    'secret:/..',
    'secret:/a/../b',
    'secret:/.hidden',
    'secret:/a/.b',
    'secret:/..data/a',
    'secret:/a%2fb',
    'secret:/%2e%2e/a',
    'secret:/a\\b',
    'secret:/a\0',
    'secret:/a b',
    'secret:/a\n',
    ' secret:/a',
    'secret:/a ',
    '\ufeffsecret:/a',
    'Secret:/a',
    'SECRET:/a',
    'xsecret:/a',
    'secret:/a:b',
    'secret:/ä',
    'secret:/а',
    'secret：/a',
    'secret:／a',
    'secret:/a?x',
    'secret:/a#x',
    'secret:/~',
    'secret:/$HOME',
    'secret:/${x}',
    `secret:/${'x'.repeat(65)}`,
    'secret:/1/2/3/4/5/6/7/8/9',
    'secret:/a,secret:/b',
    'secret:/C:/x',
    '',
  ])('rejects %j', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });

  it('accepts nothing outside its grammar', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'secret:',
        '/',
        '.',
        '..',
        '%2e',
        '%2f',
        '\\',
        '\0',
        'a',
        'B',
        '9',
        '_',
        '-',
        ' ',
        ':',
        'secret:/',
        '\n',
        'é',
      ),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const path = parseReference(pieces.join(''));
        expect(path?.every((segment) => /^(?!\.)[A-Za-z0-9._-]{1,64}$/.test(segment)) ?? true).toBe(
          true,
        );
      }),
      { numRuns: runs(2000) },
    );
  });
});

describe('looksLikeReference', () => {
  it.each([
    'secret:/a',
    'xsecret:/a',
    'https://h/?q=secret:/a',
    'Secret:/a',
    'secret :/a',
    'secret: /a',
    'secret%3A/a',
    'secret%3a%2fa',
    'secret:\\a',
    'secret:a',
    ' secret:',
    '${secret:/a}',
    '"secret:/a"',
    'a\nsecret:/b',
    'secret：/a',
  ])('accepts %j', (text) => {
    expect(looksLikeReference(text)).toBe(true);
  });
  it.each([
    '',
    'secret',
    'secrets',
    'my secret is safe',
    'top secret: the plan',
    'secretary:/x',
    'Client secret',
  ])('rejects %j', (text) => {
    expect(looksLikeReference(text)).toBe(false);
  });
});
