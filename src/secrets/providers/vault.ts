import { parseReference } from '../reference.ts';
import { pathSetting, providerKind } from './provider-kind.ts';

/** The local vault. Its code is loaded by the processes that read secrets: the link does not. */
export const vaultProvider = providerKind({
  settings: {
    file: pathSetting({
      flag: '--vault-file',
      default: {
        description: '`vault.json` in the state directory',
        resolve: ({ stateDir, join }) => join(stateDir, 'vault.json'),
      },
      description: 'The local vault, encrypted.',
    }),
    keyFile: pathSetting({
      flag: '--vault-key-file',
      default: {
        description: '`keys/vault.key` in the configuration directory',
        resolve: ({ keyDir, join }) => join(keyDir, 'vault.key'),
      },
      description: [
        'Key of the vault, stored apart from it: a copy of the state directory alone cannot be',
        'decrypted.',
      ].join(' '),
    }),
  },
  open: async (place, { clock, random, sealing }) => {
    const { openVault } = await import('../vault/vault.ts');
    return openVault(place, { clock, random, seal: sealing?.of('vault-key') });
  },
  list: async (place, { clock, random, sealing }, signal) => {
    const { openVault } = await import('../vault/vault.ts');
    const seal = sealing?.of('vault-key');
    const entries = await openVault(place, { clock, random, seal }).list(signal);
    return entries.flatMap(({ reference }) => {
      const path = parseReference(reference);
      return path === undefined ? [] : [{ path }];
    });
  },
});
