import { fromIni } from '@aws-sdk/credential-provider-ini';
import { fromWebToken } from '@aws-sdk/credential-provider-web-identity';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { readTrustedFile } from '../../../../foundation/src/runtime/trusted-file.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import { isCredentialText } from '../credential-text.ts';
import { withSignInTransport } from '../sdk/sign-in-transport.ts';
import type { SdkTransport } from '../sdk/transport.ts';
import type { Token } from '../signed-in.ts';
import { clientConfig } from './client-config.ts';
import { signInError } from './errors.ts';
import { instanceRole } from './instance-role.ts';
import { type AwsOptions, originOf } from './options.ts';
import { assertOwnCredentials } from './profile-files.ts';

const MAX_TOKEN_BYTES = 16 * 1024;
const SESSION = 'hybrid-ingestion-runner';

/** As the SDK has them. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/**
 * Signs in as the options say: each way by the SDK's own provider, except the metadata service. The
 * value of the token is the credentials as JSON.
 */
export function awsSignIn(
  options: AwsOptions,
  deps: ProviderDeps,
): (signal: AbortSignal) => Promise<Token> {
  return async (signal) => {
    const credentials = await withSignInTransport(deps, signal, async (transport) => {
      try {
        return await WAYS[options.credentials](options, deps, transport);
      } catch (thrown) {
        throw signInError(thrown, `the sign-in to AWS by ${options.credentials}`);
      }
    });
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
    protectKeys([secretAccessKey, sessionToken], deps);
    return {
      value: JSON.stringify({ accessKeyId, secretAccessKey, sessionToken }),
      lifeMs: expiration === undefined ? undefined : expiration.getTime() - deps.clock.now(),
    };
  };
}

/** Throws SECRET_MANAGER_SIGN_IN_FAILED for texts that cannot be keys. */
function protectKeys(
  keys: readonly (string | undefined)[],
  { protect }: Pick<ProviderDeps, 'protect'>,
): void {
  for (const key of keys) {
    if (key === undefined) continue;
    if (!isCredentialText(key))
      throw new RunnerError(
        'SECRET_MANAGER_SIGN_IN_FAILED',
        'the keys for AWS have white space in them, or are too long',
      );
    protect(key);
  }
}

type Way = (
  options: AwsOptions,
  deps: ProviderDeps,
  transport: SdkTransport,
) => Promise<AwsCredentials>;

const WAYS: Readonly<Record<AwsOptions['credentials'], Way>> = {
  environment: async (_options, { env }) => ({
    accessKeyId: need('AWS_ACCESS_KEY_ID', env['AWS_ACCESS_KEY_ID']),
    secretAccessKey: need('AWS_SECRET_ACCESS_KEY', env['AWS_SECRET_ACCESS_KEY']),
    ...(env['AWS_SESSION_TOKEN'] === undefined ? {} : { sessionToken: env['AWS_SESSION_TOKEN'] }),
  }),
  profile: async (options, { protect }, transport) => {
    const { profile, credentialsFile = options.configFile, configFile = credentialsFile } = options;
    await assertOwnCredentials([credentialsFile, configFile], protect);
    return fromIni({
      profile,
      ignoreCache: true,
      ...(credentialsFile === undefined ? {} : { filepath: credentialsFile }),
      ...(configFile === undefined ? {} : { configFilepath: configFile }),
      clientConfig: stsConfig(options, transport),
    })();
  },
  'web-identity': async (options, { env }, transport) => {
    const file = options.tokenFile ?? env['AWS_WEB_IDENTITY_TOKEN_FILE'];
    const path = need('tokenFile or AWS_WEB_IDENTITY_TOKEN_FILE', file);
    const token = await readTrustedFile(path, { kind: 'trusted', maxBytes: MAX_TOKEN_BYTES });
    return fromWebToken({
      roleArn: need('role or AWS_ROLE_ARN', options.role ?? env['AWS_ROLE_ARN']),
      webIdentityToken: need(path, token?.toString().trim()),
      roleSessionName: SESSION,
      clientConfig: stsConfig(options, transport),
    })();
  },
  'instance-role': async (_options, { protect }, transport) => instanceRole(transport, protect),
};

function stsConfig(options: AwsOptions, transport: SdkTransport): ReturnType<typeof clientConfig> {
  return clientConfig(transport, options.region, originOf('sts', options));
}

function need(what: string, value: string | undefined): string {
  if (value !== undefined && value !== '') return value;
  throw new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', `${what} is missing or empty`);
}
