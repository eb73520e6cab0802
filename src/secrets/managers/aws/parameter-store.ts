import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import { formatReference, type SecretPath } from '../../reference.ts';
import type { SecretManager, StoredSecret } from '../manager-kind.ts';
import type { SdkTransport } from '../sdk/transport.ts';
import { clientConfig } from './client-config.ts';
import type { AwsCredentials } from './credentials.ts';
import { factsOf } from './errors.ts';
import { awsManager, awsName } from './signed-service.ts';
import { type AwsOptions, originOf } from './options.ts';

export function openParameterStore(options: AwsOptions, deps: ProviderDeps): SecretManager {
  const origin = originOf('ssm', options);
  const service = {
    nameOf: (name: SecretPath) => ownName(options, name),
    where: (name: string) => `${origin}, parameter ${name}`,
    read: (name: string, credentials: AwsCredentials, transport: SdkTransport) =>
      read(
        new SSMClient({ ...clientConfig(transport, options.region, origin), credentials }),
        name,
      ),
  };
  return awsManager(service, options, deps);
}

/**
 * Below `/aws` are parameters of AWS itself, among them another name for each secret of Secrets
 * Manager.
 */
function ownName(options: AwsOptions, path: SecretPath): string {
  const name = `/${awsName(options, path)}`;
  if (/^\/(?:aws|ssm)/i.test(name))
    throw new RunnerError(
      'SECRET_UNAVAILABLE',
      `${formatReference(path)} below the mount is ${name}, and names that begin with aws or ssm are reserved`,
    );
  return name;
}

async function read(client: SSMClient, name: string): Promise<StoredSecret | undefined> {
  try {
    const { Parameter: found } = await client.send(
      new GetParameterCommand({ Name: name, WithDecryption: true }),
    );
    if (found?.Value === undefined) return undefined;
    // A parameter that was deleted and made again begins with version 1 again.
    const version = `${found.Version}-${found.LastModifiedDate?.getTime()}`;
    return { content: found.Value, version };
  } catch (thrown) {
    if (factsOf(thrown).name === 'ParameterNotFound') return undefined;
    throw thrown;
  }
}
