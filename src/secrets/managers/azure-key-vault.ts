import { managerKind } from './manager-kind.ts';
import {
  endpointOf,
  type ManagerOption,
  optional,
  pathOption,
  textOption,
  urlOption,
  withDefault,
  wordOption,
} from './options.ts';
import { METADATA } from './sdk/metadata.ts';

export interface AzureOptions {
  readonly vault: string;
  readonly credentials:
    | 'managed-identity'
    | 'workload-identity'
    | 'client-secret'
    | 'client-certificate';
  readonly tenant: string | undefined;
  readonly client: string | undefined;
  readonly clientSecretFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly tokenFile: string | undefined;
  readonly authority: string;
  readonly namePrefix: string | undefined;
}

const PUBLIC_AUTHORITY = 'https://login.microsoftonline.com';
const ID = /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/;
const SEGMENTS = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\/[a-z0-9]+(?:-[a-z0-9]+)*)*$/;

export const azureKeyVault = managerKind<AzureOptions>({
  title: 'Azure Key Vault',
  shape: 'value',
  options: () => ({ ...placeOptions(), ...signInOptions() }),
  problem,
  place: ({ vault, namePrefix }) => [new URL(vault).host, ...(namePrefix?.split('/') ?? [])],
  endpoints: ({ vault, credentials, authority }) => [
    endpointOf(vault),
    credentials === 'managed-identity' ? METADATA : endpointOf(authority),
  ],
  variables: ({ credentials }) =>
    credentials === 'managed-identity'
      ? ['AZURE_CLIENT_ID']
      : ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_FEDERATED_TOKEN_FILE'],
  open: async (options, deps) => {
    const { openAzure } = await import('./azure/open.ts');
    return openAzure(options, deps);
  },
});

function placeOptions() {
  return {
    vault: urlOption({ description: 'The vault: `https://NAME.vault.azure.net`.' }),
    namePrefix: optional(
      textOption(
        { description: 'Stands before each name, with `--` between them.', default: 'unset' },
        [SEGMENTS, 'must be segments of lower-case letters and digits, such as runner/prod'],
      ),
    ),
  };
}

function signInOptions() {
  return {
    credentials: wordOption(
      {
        description: [
          '`managed-identity`: that of the machine, from the metadata service 169.254.169.254.',
          '`workload-identity`: a token of Kubernetes. `client-secret`, `client-certificate`:',
          'those of an application.',
        ].join(' '),
      },
      ['managed-identity', 'workload-identity', 'client-secret', 'client-certificate'],
    ),
    tenant: idOption('The id of the tenant.', '`AZURE_TENANT_ID`'),
    client: idOption(
      'The id of the application, or of a managed identity that is not the only one.',
      '`AZURE_CLIENT_ID`',
    ),
    clientSecretFile: fileOption('For `client-secret`: the file with it.', 'unset'),
    certificateFile: fileOption(
      'For `client-certificate`: the file with certificate and private key, in PEM.',
      'unset',
    ),
    tokenFile: fileOption(
      'For `workload-identity`: the file with the token.',
      '`AZURE_FEDERATED_TOKEN_FILE`',
    ),
    authority: withDefault(
      urlOption({ description: 'Where the runner signs in.', default: `\`${PUBLIC_AUTHORITY}\`` }),
      PUBLIC_AUTHORITY,
    ),
  };
}

function idOption(description: string, fallback: string): ManagerOption<string | undefined> {
  return optional(textOption({ description, default: fallback }, [ID, 'must be an id']));
}

function fileOption(description: string, fallback: string): ManagerOption<string | undefined> {
  return optional(pathOption({ description, default: fallback }));
}

/** A file belongs to one way to sign in, so that a forgotten one is noticed. */
function problem(options: AzureOptions): string | undefined {
  const { credentials, clientSecretFile, certificateFile, tokenFile } = options;
  if (credentials === 'client-secret' && clientSecretFile === undefined)
    return 'credentials: client-secret needs clientSecretFile';
  if (credentials === 'client-certificate' && certificateFile === undefined)
    return 'credentials: client-certificate needs certificateFile';
  if (credentials !== 'client-secret' && clientSecretFile !== undefined)
    return 'clientSecretFile is only for credentials: client-secret';
  if (credentials !== 'client-certificate' && certificateFile !== undefined)
    return 'certificateFile is only for credentials: client-certificate';
  return credentials !== 'workload-identity' && tokenFile !== undefined
    ? 'tokenFile is only for credentials: workload-identity'
    : undefined;
}
