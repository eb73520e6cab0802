import { KEY_DIR_NAME } from '../places.ts';
import { setting } from '../setting.ts';
import { yesOrNo } from '../values/basic.ts';
import { secretMounts } from '../values/secret-mounts.ts';
import { PATH } from './path.ts';

/** Providers of secrets. */
export const secretSettings = {
  'secrets.vault.file': setting({
    ...PATH,
    flag: '--vault-file',
    default: {
      words: '`vault.json` in the state directory',
      find: ({ stateDir, join }) => join(stateDir, 'vault.json'),
    },
    text: 'The local vault, encrypted.',
  }),
  'secrets.vault.keyFile': setting({
    ...PATH,
    flag: '--vault-key-file',
    default: {
      words: '`keys/vault.key` in the configuration directory',
      find: ({ configDir, join }) => join(configDir, KEY_DIR_NAME, 'vault.key'),
    },
    text: 'Key of the vault, stored apart from it: a copy of the state directory alone cannot be decrypted.',
  }),
  'secrets.files.directory': setting({
    ...PATH,
    flag: '--secret-files',
    default: {
      words: '`$CREDENTIALS_DIRECTORY` (systemd), else unset',
      find: ({ credentialsDir }) => credentialsDir,
    },
    text: 'Directory with one file per secret: Docker and Kubernetes secrets, systemd credentials.',
  }),
  'secrets.environment.enabled': setting({
    kind: '`true` or `false`',
    schema: yesOrNo(),
    default: false,
    flag: '--secret-environment',
    text: 'Whether `HYBRID_SECRET_*` variables are a source of secrets. The weakest provider: other processes of the same user can read them.',
  }),
  'secrets.mounts': setting({
    kind: 'list of `{prefix, provider}`',
    schema: secretMounts(),
    default: '',
    flag: '--secret-mounts',
    text: 'Which provider (`vault`, `files`, `environment`) has the references below a prefix; as text `/prefix=provider`. A provider can have one prefix, and then has only the references below it. The longest prefix wins. All other references are looked up in the vault, then in the files, then in the environment.',
  }),
} as const;
