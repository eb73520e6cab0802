import { setting } from '../setting.ts';
import { yesOrNo } from '../values/basic.ts';
import { PATH } from './path.ts';

/** What seals the private keys on this disk. At most one of these is set. */
export const sealingSettings = {
  'sealing.credential': setting({
    kind: '`true` or `false`',
    schema: yesOrNo(),
    default: false,
    flag: '--sealing-credential',
    description: [
      'Seals the identity key and the key of the vault with a key that systemd keeps encrypted for',
      'this machine, with its TPM where there is one. `hybrid-runner seal` sets it up',
      '(docs/sealing.md).',
    ].join(' '),
  }),
  'sealing.keyFile': setting({
    ...PATH,
    flag: '--sealing-key-file',
    description: [
      'Seals the same keys with the key in this file, 32 bytes in base64, which another system',
      'provides: a Kubernetes Secret, for example.',
    ].join(' '),
  }),
  'sealing.passphraseFile': setting({
    ...PATH,
    flag: '--sealing-passphrase-file',
    description: [
      'Seals the same keys with the passphrase in this file. It should be in memory only, since a',
      'passphrase beside what it seals protects nothing. Commands on a terminal ask for it if the',
      'file is missing.',
    ].join(' '),
  }),
} as const;
