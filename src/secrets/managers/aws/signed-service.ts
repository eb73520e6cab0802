import type { ProviderDeps } from '../../providers/provider-kind.ts';
import type { SecretPath } from '../../reference.ts';
import type { SecretManager, StoredSecret } from '../manager-kind.ts';
import { type SdkTransport, withTransport } from '../sdk/transport.ts';
import { withToken } from '../sdk/with-token.ts';
import { SignedIn } from '../signed-in.ts';
import { type AwsCredentials, awsSignIn } from './credentials.ts';
import { awsError } from './errors.ts';
import type { AwsOptions } from './options.ts';

/** One service of AWS that has secrets. */
export interface AwsService {
  /** The whole name of a secret. Throws SECRET_UNAVAILABLE for one that could mean another. */
  readonly nameOf: (name: SecretPath) => string;
  readonly where: (name: string) => string;
  readonly read: (
    name: string,
    credentials: AwsCredentials,
    transport: SdkTransport,
  ) => Promise<StoredSecret | undefined>;
}

export function awsManager(
  { nameOf, where, read }: AwsService,
  options: AwsOptions,
  deps: ProviderDeps,
): SecretManager {
  const signedIn = new SignedIn(awsSignIn(options, deps), deps.clock);
  return {
    where: (name) => where(nameOf(name)),
    check: async (signal) => void (await signedIn.token(signal)),
    fetch: async (path, signal) => {
      const name = nameOf(path);
      return withToken(signedIn, signal, (token) =>
        withTransport(deps, signal, async (transport) => {
          try {
            return await read(name, JSON.parse(token) as AwsCredentials, transport);
          } catch (thrown) {
            throw awsError(thrown, where(name));
          }
        }),
      );
    },
  };
}

/** The name of a secret below the part of the account that the mount has. */
export function awsName({ namePrefix }: AwsOptions, name: SecretPath): string {
  return [...(namePrefix === undefined ? [] : [namePrefix]), ...name].join('/');
}
