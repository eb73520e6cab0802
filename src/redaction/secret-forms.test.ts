import { createHash } from 'node:crypto';
import { encodeHTML } from 'entities';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/property-runs.ts';
import { asciiJson, json, redactorOf, secretValue, xml } from '../../test/support/redaction.ts';
import { ENCODINGS, escapeXml } from './encodings.ts';

const points = (text: string): string[] => Array.from(text);

/** Written independently of the code under test. */
const FORMS: Readonly<Record<string, (value: string) => string>> = {
  unchanged: (value) => value,
  'in JSON': json,
  'in JSON in JSON': (value) => json(json(value)),
  'in ASCII JSON': asciiJson,
  'in ASCII JSON in JSON': (value) => json(asciiJson(value)),
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
  'in a URL that keeps slashes': (value) => encodeURIComponent(value).replaceAll('%2F', '/'),
  'in a URL that encodes few characters': (value) =>
    value.replace(/[%&=+# ]/g, (char) => `%${char.charCodeAt(0).toString(16)}`),
  'in a URL that encodes everything': (value) =>
    [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'in a URL in HTML': (value) => xml(encodeURIComponent(value)),
  'in HTML in a URL': (value) => encodeURIComponent(xml(value)),
  'in JSON that is safe in HTML': (value) =>
    json(value).replace(
      /[<>&'\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  'in JSON in JSON with most characters escaped': (value) =>
    value
      .split('')
      .map((unit, index) =>
        index % 2 === 0 && /\w/.test(unit)
          ? unit
          : `\\\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
      .join(''),
  'in hex': (value) => Buffer.from(value).toString('hex'),
  'in HEX': (value) => Buffer.from(value).toString('hex').toUpperCase(),
};

/** A digit or letter after it would be part of the last reference. */
const OPEN_ENDED = 'in references without semicolons';

/** Text that contains no secret of a test by chance. */
const FILL = createHash('sha256').update('fill').digest('hex').replaceAll(/[0-9]/g, '~');

describe.each([
  ...Object.entries(FORMS),
  ...Object.entries(ENCODINGS)
    .filter(([name]) => !name.includes('base64'))
    .map(([name, form]) => [`as the program writes it in ${name}`, form] as const),
])('a secret %s', (name, form) => {
  it('is replaced at any position, for any value', () => {
    fc.assert(
      fc.property(secretValue, fc.nat(30), fc.nat(30), (value, before, after) => {
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
    'is replaced in %s at each alignment, with any bytes around it',
    (encoding) => {
      fc.assert(
        fc.property(
          secretValue,
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
    ['ASCII JSON', asciiJson],
    ['XML', escapeXml],
    ['XML with names', xml],
  ] as const)('is replaced after it was escaped for %s', (_name, escape) => {
    fc.assert(
      fc.property(
        secretValue,
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
    'is replaced as the program writes it in %s',
    (_name, encode) => {
      fc.assert(
        fc.property(secretValue, (value) => redactorOf(value)(encode(value)).includes('[secret]')),
        { numRuns: runs(60) },
      );
    },
  );

  it('is replaced as the password of basic authentication', () => {
    const header = `Basic ${Buffer.from('user@example.com:pa55w0rd!').toString('base64')}`;
    expect(redactorOf('pa55w0rd!')(header)).toMatch(
      /^Basic dXNlckBleGFtcGxlLmNvb[A-Za-z0-9]*\[secret\]/,
    );
  });
});
