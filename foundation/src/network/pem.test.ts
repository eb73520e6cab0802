import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { unfoldPem } from './pem.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = (['pkcs1', 'pkcs8'] as const).map(
  (type) => [type, String(privateKey.export({ type, format: 'pem' }))] as const,
);
const FORMS: readonly (readonly [string, (pem: string) => string])[] = [
  ['its breaks written as \\n', (pem) => pem.replaceAll('\n', '\\n')],
  ['its breaks written as \\r\\n', (pem) => pem.replaceAll('\n', '\\r\\n')],
  ['spaces for breaks', (pem) => pem.replaceAll('\n', ' ')],
  ['no breaks', (pem) => pem.replaceAll('\n', '')],
  ['quotes around it', (pem) => JSON.stringify(pem)],
  ['Windows line ends and a byte order mark', (pem) => `\ufeff${pem.replaceAll('\n', '\r\n')}`],
  ['attributes before it', (pem) => `Bag Attributes\n    friendlyName: x\n${pem}`],
  ['nothing unusual', (pem) => pem],
];

describe('unfoldPem', () => {
  it.each(
    keys.flatMap(([type, pem]) => FORMS.map(([how, write]) => [type, how, write(pem)] as const)),
  )('restores a %s private key with %s', (_type, _how, text) => {
    expect(
      createPrivateKey(unfoldPem(text))
        .export({ type: 'pkcs1', format: 'der' })
        .equals(privateKey.export({ type: 'pkcs1', format: 'der' })),
    ).toBe(true);
  });

  it('keeps a key with a passphrase', () => {
    for (const type of ['pkcs1', 'pkcs8'] as const) {
      const pem = String(
        privateKey.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
      );
      expect(createPrivateKey({ key: unfoldPem(pem), passphrase: 'x' }).asymmetricKeyType).toBe(
        'rsa',
      );
    }
  });

  it('separates the blocks of a chain', () => {
    const folded = keys
      .map(([, pem]) => pem)
      .join('')
      .replaceAll('\n', '\\n');
    expect(unfoldPem(folded).match(/^-----BEGIN/gm)).toHaveLength(2);
  });

  it('keeps text that is not PEM', () => {
    for (const text of [
      '',
      'no PEM',
      '-----BEGIN RSA PRIVATE KEY-----',
      '-----BEGIN X-----\\n!\\n-----END X-----',
    ])
      expect(unfoldPem(text)).toBe(text);
  });
});
