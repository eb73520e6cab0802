import { type KeyObject, sign } from 'node:crypto';
import { canonicalJson } from '../../../foundation/src/runtime/canonical-json.ts';
import { ALGORITHM, TYPE } from './compact-jws.ts';
import { keyIdOf, publicKeyOf } from './key-id.ts';
import type { SignedStatement } from './statement.ts';

/** The compact JWS of a statement. `key` is a private Ed25519 key. */
export function signStatement(statement: SignedStatement, key: KeyObject): string {
  const header = { alg: ALGORITHM, kid: keyIdOf(publicKeyOf(key)), typ: TYPE };
  const input = `${encode(header)}.${encode(statement)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(canonicalJson(value)).toString('base64url');
}
