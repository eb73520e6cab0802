import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from './secret.ts';

const root = resolve(import.meta.dirname, '../..');

/** The files that read the value of a secret: to redact it, or to sign in. Review a new entry with care. */
const REVEALED_IN = [
  'openmetadata/src/sink/server.ts', // the bot token, for the Authorization header
  'src/connectors/salesforce/sign-in/client-tls.ts', // the client certificate and its key, for TLS
  'src/connectors/salesforce/sign-in/grants.ts', // the credentials that a sign-in sends
  'src/secrets/resolver.ts', // for the redactor
];

describe('a secret', () => {
  it('prints as [secret] in every way', () => {
    const secret = new Secret('hunter22hunter22', 'v1');
    const printed = [
      String(secret),
      [secret].join(),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
      Object.keys(secret).join(),
      JSON.stringify(Object.entries(secret)),
      new Error('x', { cause: secret }).stack,
    ].join(' ');
    expect(printed).toContain('[secret]');
    expect(printed).not.toContain('hunter22');
    expect(secret.reveal()).toBe('hunter22hunter22');
  });

  it('is revealed only in these files', () => {
    const files = ['src', 'foundation/src', 'openmetadata/src'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((path) => join(folder, path))
        .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
        .filter((path) => readFileSync(join(root, path), 'utf8').includes('.reveal()')),
    );
    expect(files.sort()).toEqual(REVEALED_IN);
  });
});
