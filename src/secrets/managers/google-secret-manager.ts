import { managerKind, type ManagerEndpoint } from './manager-kind.ts';
import { endpointOf, optional, pathOption, textOption, urlOption, wordOption } from './options.ts';
import { METADATA } from './sdk/metadata.ts';

export interface GoogleOptions {
  readonly project: string;
  readonly credentials: 'application-default' | 'metadata';
  readonly credentialsFile: string | undefined;
  readonly namePrefix: string | undefined;
  readonly endpoint: string | undefined;
}

const SEGMENTS = /^[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*(?:\/[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*)*$/;
const PUBLIC_ORIGIN = 'https://secretmanager.googleapis.com';
/** Tokens of a service account, of a federation, and of the service account that it stands for. */
const TOKEN_SERVERS: readonly ManagerEndpoint[] = [
  { host: 'oauth2.googleapis.com', port: 443 },
  { host: 'sts.googleapis.com', port: 443 },
  { host: 'iamcredentials.googleapis.com', port: 443 },
];

export const googleSecretManager = managerKind<GoogleOptions>({
  title: 'Google Secret Manager',
  shape: 'value',
  options: () => ({
    project: textOption({ description: 'The id of the project.' }, [
      /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
      'must be the id of a project',
    ]),
    credentials: wordOption(
      {
        description: [
          '`application-default`: the file that `credentialsFile` names. `metadata`: the service',
          'account of the machine, from the metadata service 169.254.169.254.',
        ].join(' '),
      },
      ['application-default', 'metadata'],
    ),
    credentialsFile: optional(
      pathOption({
        description:
          'Key of a service account, or the configuration of a federation with a token file.',
        default: '`GOOGLE_APPLICATION_CREDENTIALS`',
      }),
    ),
    namePrefix: optional(
      textOption(
        { description: 'Stands before each name, with `--` between them.', default: 'unset' },
        [SEGMENTS, 'must be segments with slashes between them, such as runner/prod'],
      ),
    ),
    endpoint: optional(
      urlOption({ description: 'A private endpoint.', default: `\`${PUBLIC_ORIGIN}\`` }),
    ),
  }),
  problem: ({ credentials, credentialsFile }) =>
    credentials === 'metadata' && credentialsFile !== undefined
      ? 'credentialsFile is only for credentials: application-default'
      : undefined,
  // The public and a private endpoint have the same secrets.
  place: ({ project, namePrefix }) => [project, ...(namePrefix?.split('/') ?? [])],
  endpoints: (options) => [
    endpointOf(googleOrigin(options)),
    ...(options.credentials === 'metadata' ? [METADATA] : TOKEN_SERVERS),
  ],
  variables: ({ credentials }) =>
    credentials === 'metadata' ? [] : ['GOOGLE_APPLICATION_CREDENTIALS'],
  open: async (options, deps) => {
    const { openGoogle } = await import('./google/open.ts');
    return openGoogle(options, deps);
  },
});

export function googleOrigin({ endpoint = PUBLIC_ORIGIN }: GoogleOptions): string {
  return endpoint;
}
