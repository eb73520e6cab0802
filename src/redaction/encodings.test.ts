import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCES = join(import.meta.dirname, '..');

describe('the list of encodings', () => {
  /**
   * Calls that write another encoding. The list has JSON, encodeURIComponent, URLSearchParams,
   * base64 and base64url.
   */
  const OTHERS =
    /\.toString\('(?:hex|latin1|binary|utf16le|ascii)'\)|'&\w+;'|&#|[^e]escape\(|encodeURI\(|quoted-printable/;
  const EXEMPT = [
    'redaction/encodings.ts',
    'redaction/secret-forms.ts',
    'redaction/decoded-views.ts',
    // A file of paths and names on this machine.
    'service/launchd.ts',
  ];

  it('has every encoding that the program writes', () => {
    const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
      (file) =>
        file.endsWith('.ts') &&
        !file.endsWith('.test.ts') &&
        !EXEMPT.some((name) => file.endsWith(name)),
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
