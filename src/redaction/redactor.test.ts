import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeHTML } from 'entities';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuSeconds } from '../../test/support/cpu-time.ts';
import { runs } from '../../test/support/property-runs.ts';
import { ENCODINGS, escapeXml } from './encodings.ts';
import { createRedactor } from './redactor.ts';

const SOURCES = join(import.meta.dirname, '..');

function redactorOf(...values: string[]): (text: string) => string {
  const redactor = createRedactor();
  for (const value of values) redactor.add(value);
  return (text) => redactor.redact(text);
}

const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const xml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
const python = (text: string): string =>
  json(text).replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const points = (text: string): string[] => Array.from(text);

/** Written here on their own, not taken from the code under test. */
const FORMS: Readonly<Record<string, (value: string) => string>> = {
  'as it is': (value) => value,
  'in JSON': json,
  'in JSON in JSON': (value) => json(json(value)),
  'in ASCII JSON': python,
  'in ASCII JSON in JSON': (value) => json(python(value)),
  'in JSON that escapes slashes': (value) => json(value).replaceAll('/', '\\/'),
  'in a URL': encodeURIComponent,
  'in a URL, lower case': (value) =>
    encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
  'in a form': (value) => new URLSearchParams({ x: value }).toString().slice(2),
  'in a URL, strict': (value) =>
    encodeURIComponent(value).replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  'in XML': xml,
  'in an XML text node': (value) =>
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  'in HTML': (value) => xml(value).replaceAll('&apos;', '&#39;'),
  'in XML in JSON': (value) => json(xml(value)),
  'in a URL in JSON': (value) => json(encodeURIComponent(value)),
  'in decimal references': (value) =>
    points(value)
      .map((char) => `&#${char.codePointAt(0)};`)
      .join(''),
  'in hexadecimal references with zeros': (value) =>
    points(value)
      .map((char) => `&#x${char.codePointAt(0)!.toString(16).toUpperCase().padStart(6, '0')};`)
      .join(''),
  'in references without semicolons': (value) =>
    points(value)
      .map((char) => `&#x${char.codePointAt(0)!.toString(16)}`)
      .join(''),
  'with every other letter a reference': (value) =>
    points(value)
      .map((char, index) => (index % 2 === 0 ? char : `&#0${char.codePointAt(0)};`))
      .join(''),
  'in HTML with names': (value) => encodeHTML(value),
  'in HTML in HTML': (value) => xml(xml(value)),
  'in a URL that leaves slashes': (value) => encodeURIComponent(value).replaceAll('%2F', '/'),
  'in a URL that leaves most': (value) =>
    value.replace(/[%&=+# ]/g, (char) => `%${char.charCodeAt(0).toString(16)}`),
  'in a URL with everything encoded': (value) =>
    [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'in a URL in HTML': (value) => xml(encodeURIComponent(value)),
  'in HTML in a URL': (value) => encodeURIComponent(xml(value)),
  'in JSON that is safe in HTML': (value) =>
    json(value).replace(
      /[<>&'\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  'in hex': (value) => Buffer.from(value).toString('hex'),
  'in HEX': (value) => Buffer.from(value).toString('hex').toUpperCase(),
};

const secret = fc
  .oneof(
    fc.string({ minLength: 6, maxLength: 80 }),
    fc.string({ minLength: 6, maxLength: 40, unit: 'binary' }),
    fc.string({ minLength: 6, maxLength: 40, unit: 'grapheme' }),
    fc.stringMatching(/^[!-~]{6,64}$/),
    fc.stringMatching(/^["'\\&<>%+/= ]{6,12}$/),
  )
  .map((text) => text.toWellFormed().trim())
  .filter((text) => text.length >= 6);

/** A letter of them would be part of a reference that has no semicolon. */
const OPEN_ENDED = 'in references without semicolons';

/** Text that no secret of a test can be part of by chance. */
const FILL = createHash('sha256').update('fill').digest('hex').replaceAll(/[0-9]/g, '~');

describe.each([
  ...Object.entries(FORMS),
  ...Object.entries(ENCODINGS)
    .filter(([name]) => !name.includes('base64'))
    .map(([name, form]) => [`as this program writes it in ${name}`, form] as const),
])('a secret %s', (name, form) => {
  it('is found at any position, for any value', () => {
    fc.assert(
      fc.property(secret, fc.nat(30), fc.nat(30), (value, before, after) => {
        const written = form(value);
        const text =
          FILL.slice(0, before) +
          written +
          (name === OPEN_ENDED ? '~'.repeat(after) : FILL.slice(0, after));
        const clean = redactorOf(value)(text);
        expect(clean).toContain('[secret]');
        expect(clean).not.toContain(written);
        expect(clean.length).toBeLessThanOrEqual(before + after + '[secret]'.length);
      }),
      { numRuns: runs(30) },
    );
  });
});

describe('a secret in base64', () => {
  it.each(['base64', 'base64url'] as const)(
    '%s is found at each alignment, whatever is around it',
    (encoding) => {
      fc.assert(
        fc.property(
          secret,
          fc.uint8Array({ maxLength: 8 }),
          fc.uint8Array({ maxLength: 8 }),
          (value, before, after) => {
            const text = Buffer.concat([before, Buffer.from(value), after]).toString(encoding);
            const clean = redactorOf(value)(text);
            expect(clean).toContain('[secret]');
            const left = Buffer.from(
              clean.replaceAll('[secret]', '').replaceAll('=', ''),
              encoding,
            ).length;
            expect(left).toBeLessThanOrEqual(before.length + after.length + 3);
          },
        ),
        { numRuns: runs(100) },
      );
    },
  );

  it.each([
    ['JSON', json],
    ['ASCII JSON', python],
    ['XML', escapeXml],
    ['XML with names', xml],
  ] as const)('is found after it was escaped for %s', (_name, escape) => {
    fc.assert(
      fc.property(
        secret,
        fc.uint8Array({ maxLength: 4 }),
        fc.constantFrom('base64' as const, 'base64url' as const),
        (value, before, encoding) => {
          const text = Buffer.concat([before, Buffer.from(`"${escape(value)}"`)]).toString(
            encoding,
          );
          expect(redactorOf(value)(text)).toContain('[secret]');
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it.each(Object.entries(ENCODINGS).filter(([name]) => name.includes('base64')))(
    'is found as this program writes it in %s',
    (_name, encode) => {
      fc.assert(
        fc.property(secret, (value) => redactorOf(value)(encode(value)).includes('[secret]')),
        { numRuns: runs(60) },
      );
    },
  );

  it('is found as the password of basic authentication', () => {
    const header = `Basic ${Buffer.from('user@example.com:pa55w0rd!').toString('base64')}`;
    expect(redactorOf('pa55w0rd!')(header)).toMatch(
      /^Basic dXNlckBleGFtcGxlLmNvb[A-Za-z0-9]*\[secret\]/,
    );
  });
});

describe('the list of encodings', () => {
  /** What would make another: beside these the program uses JSON, encodeURIComponent, URLSearchParams, base64 and base64url, which the list has. */
  const OTHERS =
    /\.toString\('(?:hex|latin1|binary|utf16le|ascii)'\)|'&\w+;'|&#|[^e]escape\(|encodeURI\(|quoted-printable/;
  const HOME = ['encodings.ts', 'secret-forms.ts', 'decoded-views.ts'];

  it('has every way in which the program writes a value into something else', () => {
    const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
      (file) =>
        file.endsWith('.ts') &&
        !file.endsWith('.test.ts') &&
        !HOME.some((home) => file.endsWith(`redaction/${home}`)),
    );
    expect(sources.length).toBeGreaterThan(100);
    const others = sources.flatMap((file) =>
      readFileSync(join(SOURCES, file), 'utf8')
        .split('\n')
        .filter((line) => OTHERS.test(line) && !line.includes('function escape('))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(others).toEqual([]);
  });
});

describe('clean text', () => {
  it('is not changed', () => {
    const redact = redactorOf(
      'correct horse battery',
      'p@55"word\\with/odd<chars>',
      '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----',
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (text) => redact(text) === text),
      { numRuns: runs(200) },
    );
    fc.assert(
      fc.property(fc.json(), (text) => redact(text) === text),
      { numRuns: runs(100) },
    );
  });

  it('passes unchanged when there are no secrets', () => {
    expect(createRedactor().redact('anything, even [secret]')).toBe('anything, even [secret]');
  });

  it('with a beginning or an end of a secret is not changed', () => {
    const redact = redactorOf('abcdefghijkl');
    for (const text of ['abcdefghijk', 'bcdefghijkl', 'abcdefghijkabcdefghijk', 'abcdef ghijkl'])
      expect(redact(text)).toBe(text);
  });
});

describe('replacing', () => {
  it('takes out secrets that overlap or touch as a whole', () => {
    const redact = redactorOf('abcdef123', '123xyz789', 'xyz7');
    expect(redact('<abcdef123xyz789>')).toBe('<[secret]>');
    expect(redactorOf('password1', 'token-22')('login password1token-22 end')).toBe(
      'login [secret] end',
    );
  });

  it('takes the longest of secrets that begin alike', () => {
    expect(redactorOf('password', 'password-and-token')('x password-and-token y password z')).toBe(
      'x [secret] y [secret] z',
    );
  });

  it('takes out every occurrence in a long text', () => {
    const text = Array.from({ length: 1000 }, (_, index) => `line ${index} s3cr3t-value;`).join(
      '\n',
    );
    const clean = redactorOf('s3cr3t-value')(text);
    expect(clean.split('[secret]')).toHaveLength(1001);
    expect(clean).not.toContain('s3cr3t');
  });

  it('finds the long lines of a value of several lines, but not the short ones', () => {
    const pem =
      '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASC\n-----END PRIVATE KEY-----\n';
    const redact = redactorOf(pem);
    expect(redact('found MIIEvQIBADANBgkqhkiG9w0BAQEF here')).toBe('found [secret] here');
    expect(redact('AASC is too short to tell')).toBe('AASC is too short to tell');
    expect(redact(JSON.stringify({ pem }))).toBe('{"pem":"[secret]"}');
  });

  it('keeps an old value out after a new one is added', () => {
    const redactor = createRedactor();
    redactor.add('old-password');
    expect(redactor.redact('old-password')).toBe('[secret]');
    redactor.add('new-password');
    expect(redactor.redact('old-password new-password')).toBe('[secret] [secret]');
  });

  it('finds a value under six characters as a whole JSON string only', () => {
    const redact = redactorOf('abc');
    expect(redact('{"password":"abc","text":"abcdef abc"}')).toBe(
      '{"password":"[secret]","text":"abcdef abc"}',
    );
    expect(redact('{"body":"{\\"p\\":\\"abc\\"}"}')).toBe('{"body":"{\\"p\\":\\"[secret]\\"}"}');
  });

  it('takes surrogates that stand alone', () => {
    expect(redactorOf('broken\ud800value')(JSON.stringify('a broken\ufffdvalue b'))).toBe(
      '"a [secret] b"',
    );
  });
});

describe('a line of JSON', () => {
  it('stays one, whatever the secret and wherever it stands', () => {
    fc.assert(
      fc.property(
        secret,
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
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
    ['begins in an escape', 'nabcdefg', '\nabcdefg'],
    ['ends in one', 'hunter2\\', 'hunter2"'],
    ['begins in a unicode escape', 'b123456', '\u001b123456'],
    ['looks like its structure', '","b":"', 'x","b":"y'],
  ])('stays one when a secret %s', (_what, value, text) => {
    const clean = redactorOf(value)(JSON.stringify({ a: text, b: 'z' }));
    expect(Object.keys(JSON.parse(clean) as object)).toEqual(['a', 'b']);
  });

  it.each([
    ['nabcdefg', '\nabcdefg'],
    ['hunter2\\', 'hunter2"'],
    ['b123456', '\u001b123456'],
    ['0041bcd', '\u00410041bcd'],
  ])('stays one among other lines, with the secret %j', (value, text) => {
    const line = JSON.stringify({ a: text, b: 'z' });
    const clean = redactorOf(value)(`${line}\n${line}\n`).trimEnd().split('\n');
    expect(clean.map((one) => (JSON.parse(one) as { a: string }).a)).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining('[secret]') as string),
    );
  });

  it('keeps numbers that merely contain the digits of a secret', () => {
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

describe('a redactor that cannot do its work', () => {
  it('withholds what it is given', () => {
    const redactor = createRedactor(() => {
      throw new Error('a masker that fails');
    });
    redactor.add('s3cr3t-value');
    expect(redactor.redact('contains s3cr3t-value or not')).toBe(
      '"[withheld: the redactor failed]"',
    );
  });
});

describe('time', () => {
  it('grows with the text, also for text made of pieces of secrets', () => {
    const redact = redactorOf(
      ...Array.from({ length: 50 }, (_, index) => `aaaaaaaa${index}bbbbbbbb`),
    );
    const text = 'aaaaaaaa1bbbbbbb'.repeat(100_000);
    expect(cpuSeconds(() => redact(text))).toBeLessThan(5);
  });
});
