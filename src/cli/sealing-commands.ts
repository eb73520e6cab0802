import type { CommandDefinition } from './command-definition.ts';

/** Commands about how private keys are stored. */
export const SEALING_COMMANDS: readonly CommandDefinition[] = [
  {
    name: 'seal',
    text: 'encrypt the keys of identity and vault with the key that the sealing settings name',
    settings: ['sealing.credential', 'sealing.keyFile', 'sealing.passphraseFile', 'stateDir'],
    load: async () => (await import('./commands/seal.ts')).seal,
  },
  {
    name: 'unseal',
    text: 'store the keys of identity and vault in the open again',
    settings: ['sealing.credential', 'sealing.keyFile', 'sealing.passphraseFile', 'stateDir'],
    load: async () => (await import('./commands/seal.ts')).unseal,
  },
];
