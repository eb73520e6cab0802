import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from './secret.ts';

const src = resolve(import.meta.dirname, '..');

/** Where a value is taken out of its wrapping: to be hidden from then on, or to sign in. Look twice before adding one. */
const REVEALED_IN = [
  'connectors/salesforce/api/org.ts', // the client certificate's key, for TLS
  'connectors/salesforce/sign-in/grants.ts', // what a sign-in sends
  'openmetadata/sink/server.ts', // the bot's token, for the Authorization header
  'secrets/resolver.ts', // for the redactor
];

describe('a secret', () => {
  it('prints as [secret] in every way there is to print', () => {
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

  it('is revealed in these places only', () => {
    const places = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .filter((path) => readFileSync(join(src, path), 'utf8').includes('.reveal()'));
    expect(places.sort()).toEqual(REVEALED_IN);
  });
});
