import { managerKind } from './manager-kind.ts';
import {
  authorityOption,
  endpointOf,
  optional,
  pathOption,
  textOption,
  urlOption,
  withDefault,
  wordOption,
} from './options.ts';

export interface HashicorpVaultOptions {
  readonly url: string;
  readonly caFile: string | undefined;
  readonly namespace: string | undefined;
  readonly engine: string;
  readonly kvVersion: '1' | '2';
  readonly pathPrefix: string | undefined;
  readonly auth: 'token' | 'approle' | 'kubernetes' | 'certificate';
  readonly authPath: string | undefined;
  readonly role: string | undefined;
  readonly tokenFile: string | undefined;
  readonly roleId: string | undefined;
  readonly secretIdFile: string | undefined;
  readonly jwtFile: string;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
}

export const TOKEN_VARIABLE = 'VAULT_TOKEN';

const PATH = [
  /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
  'must be a path such as team/secret, without a slash at its ends',
] as const;

/** Key-value engines of HashiCorp Vault and of OpenBao, which has the same API. */
export const hashicorpVaultManager = managerKind<HashicorpVaultOptions>({
  title: 'HashiCorp Vault or OpenBao',
  shape: 'entries',
  options: () => ({
    url: urlOption({ description: 'Address of the server.' }),
    caFile: optional(
      authorityOption({ description: 'CA of the server, in PEM form.', default: 'known CAs' }),
    ),
    namespace: optional(
      textOption({ description: 'Namespace of sign-in and secrets.', default: 'none' }, PATH),
    ),
    engine: withDefault(
      textOption({ description: 'Path of the key-value engine.', default: '`secret`' }, PATH),
      'secret',
    ),
    kvVersion: withDefault(
      wordOption({ description: 'Version of the engine, in quotes.', default: '`"2"`' }, [
        '1',
        '2',
      ]),
      '2',
    ),
    pathPrefix: optional(
      textOption(
        {
          description: 'Path within the engine, put before the name of a secret.',
          default: 'none',
        },
        PATH,
      ),
    ),
    ...signInOptions(),
  }),
  problem: (options) =>
    options.namespace === 'root'
      ? 'namespace: root is the same as none; leave it out'
      : missingForSignIn(options),
  place: ({ url, namespace, engine, pathPrefix }) => [
    new URL(url).host,
    ...[namespace, engine, pathPrefix].flatMap((path) => path?.split('/') ?? []),
  ],
  endpoints: ({ url }) => [endpointOf(url)],
  variables: ({ auth, tokenFile }) =>
    auth === 'token' && tokenFile === undefined ? [TOKEN_VARIABLE] : [],
  open: async (options, deps) => {
    const { openHashicorpVault } = await import('./hashicorp-vault/open.ts');
    return openHashicorpVault(options, deps);
  },
});

// oxlint-disable-next-line typescript/explicit-function-return-type -- the options have their types
function signInOptions() {
  return {
    auth: withDefault(
      wordOption({ description: 'How the runner signs in.', default: '`token`' }, [
        'token',
        'approle',
        'kubernetes',
        'certificate',
      ]),
      'token',
    ),
    authPath: optional(
      textOption(
        {
          description: 'Path of the sign-in method.',
          default: '`approle`, `kubernetes` or `cert`',
        },
        PATH,
      ),
    ),
    role: optional(
      textOption({
        description: 'Role for `kubernetes`, and for `certificate` its name.',
        default: 'none',
      }),
    ),
    ...credentialOptions(),
  };
}

// oxlint-disable-next-line typescript/explicit-function-return-type -- the options have their types
function credentialOptions() {
  return {
    tokenFile: optional(
      pathOption({
        description: 'File with the token.',
        default: `the variable \`${TOKEN_VARIABLE}\``,
      }),
    ),
    roleId: optional(textOption({ description: 'Role ID of `approle`.', default: 'none' })),
    secretIdFile: optional(
      pathOption({ description: 'File with the secret ID of `approle`.', default: 'none' }),
    ),
    jwtFile: withDefault(
      pathOption({
        description: 'File with the token of the service account for `kubernetes`.',
        default: 'that of the pod',
      }),
      '/var/run/secrets/kubernetes.io/serviceaccount/token',
    ),
    certificateFile: optional(
      pathOption({ description: 'Certificate for `certificate`, in PEM form.', default: 'none' }),
    ),
    keyFile: optional(
      pathOption({ description: 'Its private key, in PEM form.', default: 'none' }),
    ),
  };
}

const NEEDED = {
  token: [],
  approle: ['roleId', 'secretIdFile'],
  kubernetes: ['role'],
  certificate: ['certificateFile', 'keyFile'],
} as const satisfies Record<
  HashicorpVaultOptions['auth'],
  readonly (keyof HashicorpVaultOptions)[]
>;

function missingForSignIn(options: HashicorpVaultOptions): string | undefined {
  const missing = NEEDED[options.auth].filter((name) => options[name] === undefined);
  return missing.length === 0 ? undefined : `auth: ${options.auth} needs ${missing.join(' and ')}`;
}
