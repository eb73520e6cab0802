import { expect, it } from 'vitest';
import { production, read } from './sources.ts';

/**
 * The files that read the value of a secret: to redact it, or to sign in. Review a new entry with
 * care.
 */
const REVEALED_IN = [
  'openmetadata/src/sink/server.ts', // the bot token, for the Authorization header
  'src/connectors/salesforce/sign-in/client-tls.ts', // the client certificate and its key, for TLS
  'src/connectors/salesforce/sign-in/grants.ts', // the credentials that a sign-in sends
  'src/secrets/protect-stored.ts', // for the redactor
  'src/secrets/resolver.ts', // for the redactor
];

it('a secret is revealed only in these files', () => {
  const files = production.filter((path) => read(path).includes('.reveal()'));
  expect(files.toSorted()).toEqual(REVEALED_IN.toSorted());
});
