import { createPrivateKey, X509Certificate } from 'node:crypto';
import { unfoldPem } from '../../foundation/src/network/pem.ts';

const BLOCK = /-----BEGIN (?<label>[A-Z0-9 ]+)-----.*?-----END \k<label>-----/gs;

/** What a field with PEM text needs. */
export type PemKind = 'certificate' | 'private key';

const LABEL_OF: Readonly<Record<PemKind, RegExp>> = {
  certificate: /CERTIFICATE$/,
  'private key': /PRIVATE KEY$/,
};

/**
 * Whether the text has what is needed in PEM form, and all of its certificates and private keys are
 * readable. Other blocks are ignored.
 */
export function isUsablePem(text: string, kind: PemKind): boolean {
  const blocks = [...unfoldPem(text).matchAll(BLOCK)]
    .map(([block, label]) => ({ block, label: label ?? '' }))
    .filter(({ label }) => /(?:CERTIFICATE|PRIVATE KEY)$/.test(label));
  return blocks.some(({ label }) => LABEL_OF[kind].test(label)) && blocks.every(isReadable);
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
