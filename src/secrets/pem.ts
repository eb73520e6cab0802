import { createPrivateKey, X509Certificate } from 'node:crypto';
import { unfoldPem } from '../../foundation/src/network/pem.ts';

const BLOCK = /-----BEGIN (?<label>[A-Z0-9 ]+)-----.*?-----END \k<label>-----/gs;

/**
 * Whether the text has certificates or private keys in PEM form, all of them readable. Other blocks
 * are ignored.
 */
export function isUsablePem(text: string): boolean {
  const blocks = [...unfoldPem(text).matchAll(BLOCK)]
    .map(([block, label]) => ({ block, label: label ?? '' }))
    .filter(({ label }) => /(?:CERTIFICATE|PRIVATE KEY)$/.test(label));
  return blocks.length > 0 && blocks.every(isReadable);
}

function isReadable({ block, label }: { readonly block: string; readonly label: string }): boolean {
  try {
    const parsed = label.endsWith('CERTIFICATE')
      ? new X509Certificate(block)
      : createPrivateKey(block);
    return parsed instanceof X509Certificate || parsed.type === 'private';
  } catch {
    // The error of the parser can quote the key.
    return false;
  }
}
