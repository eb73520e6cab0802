import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import type { SecretManager, StoredSecret } from '../manager-kind.ts';
import type { SdkTransport } from '../sdk/transport.ts';
import { clientConfig } from './client-config.ts';
import type { AwsCredentials } from './credentials.ts';
import { factsOf } from './errors.ts';
import { awsManager, awsName } from './signed-service.ts';
import { type AwsOptions, originOf } from './options.ts';

export function openSecretsManager(options: AwsOptions, deps: ProviderDeps): SecretManager {
  const origin = originOf('secretsmanager', options);
  const service = {
    nameOf: (name: readonly string[]) => awsName(options, name),
    where: (name: string) => `${origin}, secret ${name}`,
    read: (name: string, credentials: AwsCredentials, transport: SdkTransport) =>
      read(
        new SecretsManagerClient({
          ...clientConfig(transport, options.region, origin),
          credentials,
        }),
        name,
      ),
  };
  return awsManager(service, options, deps);
}

/** The version with the stage AWSCURRENT. */
async function read(client: SecretsManagerClient, name: string): Promise<StoredSecret | undefined> {
  try {
    const answer = await client.send(new GetSecretValueCommand({ SecretId: name }));
    const content = answer.SecretString ?? answer.SecretBinary;
    return content === undefined ? undefined : { content, version: answer.VersionId };
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

/**
 * A secret that is scheduled for deletion cannot be read any more. AWS has no name of its own for
 * that error, so its message is searched.
 */
function isMissing(thrown: unknown): boolean {
  const { name } = factsOf(thrown);
  if (name === 'InvalidRequestException')
    return thrown instanceof Error && /deletion|deleted/i.test(thrown.message);
  return name === 'ResourceNotFoundException';
}
