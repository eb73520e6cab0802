import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { keyIdOf, publicKeyOf } from '../../src/policy/signatures/key-id.ts';
import { signStatement } from '../../src/policy/signatures/sign.ts';
import { signedContent } from '../../src/policy/signatures/signed-content.ts';
import type { SigningKey, SigningRules } from '../../src/policy/signatures/signing-rules.ts';
import type { SignedStatement } from '../../src/policy/signatures/statement.ts';

export const HOUR_S = 3_600;
/** In milliseconds of Unix time. */
export const NOW = Date.parse('2027-01-15T12:00:00Z');

export interface TestKey {
  readonly name: string;
  readonly key: KeyObject;
  readonly publicKey: string;
}

export function newSigningKey(name = 'operations'): TestKey {
  const key = generateKeyPairSync('ed25519').privateKey;
  return { name, key, publicKey: publicKeyOf(key) };
}

export function ruleOf({ name, publicKey }: TestKey, limits: Partial<SigningKey> = {}): SigningKey {
  return {
    name,
    publicKey,
    id: keyIdOf(publicKey),
    notBefore: undefined,
    notAfter: undefined,
    pools: undefined,
    services: undefined,
    ...limits,
  };
}

export function rulesOf(
  keys: readonly SigningKey[],
  rules: Partial<SigningRules> = {},
): SigningRules {
  return { mode: 'required', keys, pools: ['eu-west'], ...rules };
}

/** A statement about a document as a control plane offers it. */
export function statementOf(
  document: Readonly<Record<string, unknown>>,
  statement: Partial<SignedStatement> = {},
  now = NOW,
): SignedStatement {
  const seconds = Math.floor(now / 1_000);
  return {
    aud: ['pool:eu-west'],
    nbf: seconds - HOUR_S,
    exp: seconds + HOUR_S,
    kind: 'metadata',
    name: 'nightly run',
    workflow: signedContent(document),
    ...statement,
  };
}

export function signFor(
  { key }: TestKey,
  document: Readonly<Record<string, unknown>>,
  statement: Partial<SignedStatement> = {},
  now = NOW,
): string {
  return signStatement(statementOf(document, statement, now), key);
}

/** A JWS with any header, payload and signature. */
export function compact(
  header: unknown,
  payload: string | Buffer,
  sign: (input: Buffer) => Buffer,
): string {
  const part = (value: string | Buffer): string => Buffer.from(value).toString('base64url');
  const input = `${part(JSON.stringify(header))}.${part(payload)}`;
  return `${input}.${part(sign(Buffer.from(input)))}`;
}
