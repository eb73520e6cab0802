import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { canonicalJson } from '../../../foundation/src/runtime/canonical-json.ts';

const KEY_BYTES = 32;

/** The key of 32 bytes in base64url, as in a JWK; undefined for any other text. */
export function parsePublicKey(text: string): KeyObject | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.byteLength !== KEY_BYTES || bytes.toString('base64url') !== text) return undefined;
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** The thumbprint of RFC 7638 and RFC 8037, which names a key everywhere. */
export function keyIdOf(publicKey: string): string {
  const jwk = canonicalJson({ crv: 'Ed25519', kty: 'OKP', x: publicKey });
  return createHash('sha256').update(jwk).digest('base64url');
}

/** `x` of the JWK of a private or public Ed25519 key. */
export function publicKeyOf(key: KeyObject): string {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  return x ?? '';
}
