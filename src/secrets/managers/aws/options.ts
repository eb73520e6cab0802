import type { Endpoint } from '../../../../foundation/src/network/endpoint.ts';
import type { ManagerEndpoint, ManagerKind } from '../manager-kind.ts';
import {
  endpointOf,
  optional,
  pathOption,
  textOption,
  urlOption,
  withDefault,
  wordOption,
} from '../options.ts';
import { METADATA } from '../sdk/metadata.ts';

export interface AwsOptions {
  readonly region: string;
  readonly credentials: 'environment' | 'profile' | 'web-identity' | 'instance-role';
  readonly profile: string;
  readonly credentialsFile: string | undefined;
  readonly configFile: string | undefined;
  readonly role: string | undefined;
  readonly tokenFile: string | undefined;
  readonly namePrefix: string | undefined;
  readonly endpoint: string | undefined;
  readonly stsEndpoint: string | undefined;
}

type Service = 'secretsmanager' | 'ssm';

const NAME_PREFIX = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** The parts of a kind that both services of AWS share. */
export function awsKind(
  service: Service,
): Pick<
  ManagerKind<AwsOptions>,
  'shape' | 'options' | 'problem' | 'place' | 'endpoints' | 'variables'
> {
  return {
    shape: 'value',
    options: () => ({ ...placeOptions(), ...signInOptions() }),
    problem,
    // Every endpoint of a region has the same secrets.
    place: ({ region, namePrefix }) => [region, ...(namePrefix?.split('/') ?? [])],
    endpoints: (options) => [endpointOf(originOf(service, options)), ...signInEndpoints(options)],
    variables: ({ credentials }) => VARIABLES[credentials],
  };
}

function placeOptions() {
  return {
    region: textOption({ description: 'The region, for example `eu-central-1`.' }, [
      /^[a-z]{2,4}(?:-[a-z]+)+-\d$/,
      'must be the name of a region, such as eu-central-1',
    ]),
    namePrefix: optional(
      textOption(
        {
          description: [
            'Stands before each name, with a slash between them. Give the mount its own part of',
            'the account.',
          ].join(' '),
          default: 'unset',
        },
        [NAME_PREFIX, 'must be segments with slashes between them, such as runner/prod'],
      ),
    ),
    endpoint: optional(
      urlOption({ description: 'An endpoint of a VPC.', default: 'that of the region' }),
    ),
  };
}

const CREDENTIALS = [
  '`environment`: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.',
  '`profile`: the files below. `web-identity`: a role by a token, as in EKS.',
  '`instance-role`: the role of an EC2 instance, from the metadata service',
  '169.254.169.254.',
].join(' ');

function signInOptions() {
  return {
    credentials: wordOption(
      {
        description: CREDENTIALS,
      },
      ['environment', 'profile', 'web-identity', 'instance-role'],
    ),
    profile: withDefault(
      textOption({ description: 'For `profile`: its name.', default: '`default`' }),
      'default',
    ),
    credentialsFile: optional(
      pathOption({ description: 'For `profile`: the shared credentials file.', default: 'unset' }),
    ),
    configFile: optional(
      pathOption({
        description: 'For `profile`: the shared configuration file.',
        default: 'unset',
      }),
    ),
    role: optional(
      textOption({
        description: 'For `web-identity`: the ARN of the role.',
        default: '`AWS_ROLE_ARN`',
      }),
    ),
    tokenFile: optional(
      pathOption({
        description: 'For `web-identity`: the file with the token.',
        default: '`AWS_WEB_IDENTITY_TOKEN_FILE`',
      }),
    ),
    stsEndpoint: optional(
      urlOption({ description: 'The endpoint of STS, for roles.', default: 'that of the region' }),
    ),
  };
}

const VARIABLES = {
  environment: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  profile: [],
  'web-identity': ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  'instance-role': [],
} as const;

function problem({
  credentials,
  credentialsFile,
  configFile,
  role,
  tokenFile,
}: AwsOptions): string | undefined {
  const hasFile = credentialsFile !== undefined || configFile !== undefined;
  if (credentials === 'profile' && !hasFile)
    return 'credentials: profile needs credentialsFile or configFile';
  if (credentials !== 'profile' && hasFile)
    return 'credentialsFile and configFile are only for credentials: profile';
  if (credentials !== 'web-identity' && (role !== undefined || tokenFile !== undefined))
    return 'role and tokenFile are only for credentials: web-identity';
  return undefined;
}

export function originOf(service: Service | 'sts', options: AwsOptions): string {
  const { region, endpoint, stsEndpoint } = options;
  const chosen = service === 'sts' ? stsEndpoint : endpoint;
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return chosen ?? `https://${service}.${region}.${suffix}`;
}

function signInEndpoints(options: AwsOptions): readonly (Endpoint & ManagerEndpoint)[] {
  if (options.credentials === 'environment') return [];
  return options.credentials === 'instance-role'
    ? [METADATA]
    : [endpointOf(originOf('sts', options))];
}
