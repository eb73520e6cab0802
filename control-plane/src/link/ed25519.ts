import { createPublicKey, verify } from 'node:crypto';

const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex');

/** Whether the signature of a message is by the key: raw Ed25519, 32 bytes. */
export function isSignedBy(publicKey: Buffer, message: Buffer, signature: Buffer): boolean {
  const key = createPublicKey({
    key: Buffer.concat([SPKI_HEADER, publicKey]),
    format: 'der',
    type: 'spki',
  });
  return signature.length === 64 && verify(null, message, key, signature);
}
