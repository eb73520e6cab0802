import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { unfoldPem } from '../../../../foundation/src/network/pem.ts';
import { RunnerError } from '../errors/errors.ts';

/** An assertion may be valid for three minutes; half a minute is left for a clock that is ahead. */
const ASSERTION_SECONDS = 150;

export interface AssertionClaims {
  readonly consumerKey: string;
  readonly username: string;
  /** `https://login.salesforce.com`, `https://test.salesforce.com` or the org's own. */
  readonly audience: string;
  /** Unix time in milliseconds. */
  readonly now: number;
}

/** A JWT signed with RS256. Throws SALESFORCE_CONNECTION_INVALID for an invalid key. */
export function signAssertion(
  { consumerKey, username, audience, now }: AssertionClaims,
  privateKey: string,
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: consumerKey,
    sub: username,
    aud: audience,
    exp: Math.floor(now / 1000) + ASSERTION_SECONDS,
  };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), readKey(privateKey)).toString('base64url')}`;
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(unfoldPem(pem));
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // Not kept as the cause: the parser's error may quote the key.
  }
  throw new RunnerError(
    'SALESFORCE_CONNECTION_INVALID',
    'privateKey is not an RSA private key in PEM',
    { remedy: 'Store the whole file, from the BEGIN line to the END line, without a passphrase.' },
  );
}
