import { isRestError } from '@azure/core-rest-pipeline';
import { SecretClient } from '@azure/keyvault-secrets';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import type { SecretPath } from '../../reference.ts';
import type { AzureOptions } from '../azure-key-vault.ts';
import type { SecretManager, StoredSecret } from '../manager-kind.ts';
import { flatName } from '../sdk/flat-name.ts';
import { type SdkTransport, withTransport } from '../sdk/transport.ts';
import { withToken } from '../sdk/with-token.ts';
import { SignedIn } from '../signed-in.ts';
import { clientOptions } from './http-client.ts';
import { azureSignIn } from './sign-in.ts';

export function openAzure(options: AzureOptions, deps: ProviderDeps): SecretManager {
  const signedIn = new SignedIn(azureSignIn(options, deps), deps.clock);
  return {
    where: (path) => `${options.vault}/secrets/${nameOf(options, path)}`,
    check: async (signal) => void (await signedIn.token(signal)),
    fetch: async (path, signal) => {
      const name = nameOf(options, path);
      return withToken(signedIn, signal, (token) =>
        withTransport(deps, signal, (transport) => read(options.vault, name, token, transport)),
      );
    },
  };
}

/** Key Vault does not distinguish upper and lower case in names. */
function nameOf({ namePrefix }: AzureOptions, path: SecretPath): string {
  return flatName(path, {
    namePrefix,
    segment: /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
    words: 'lower-case letters and digits, with single hyphens between them',
    maxLength: 127,
  });
}

/**
 * The SDK sends the token only after the vault has named its own domain as the one that the token
 * is for.
 */
async function read(
  vault: string,
  name: string,
  token: string,
  transport: SdkTransport,
): Promise<StoredSecret | undefined> {
  const credential = {
    getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const client = new SecretClient(vault, credential, clientOptions(transport));
  try {
    const { value, properties } = await client.getSecret(name);
    return value === undefined ? undefined : { content: value, version: properties.version };
  } catch (thrown) {
    const error = rejection(thrown);
    if (error === undefined) return undefined;
    throw error;
  }
}

/** Undefined for a secret that is not there. The words of the vault are left out. */
function rejection(thrown: unknown): RunnerError | undefined {
  if (thrown instanceof RunnerError) return thrown;
  const status = isRestError(thrown) ? thrown.statusCode : undefined;
  const message = `Azure Key Vault responded with status ${status ?? 'unknown'}`;
  if (status === 404) return undefined;
  if (status === 401) return new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', message);
  if (status === 403 && isDisabled(thrown))
    return new RunnerError('SECRET_VALUE_UNUSABLE', 'the secret is disabled, or not valid now', {
      remedy: 'Enable it, or correct its dates.',
    });
  if (status === 403) return new RunnerError('SECRET_MANAGER_DENIED', message);
  if (status === 429) return new RunnerError('SECRET_MANAGER_THROTTLED', message);
  return new RunnerError('SECRET_PROVIDER_FAILED', message, { retryable: (status ?? 0) >= 500 });
}

const DISABLED = /"code":\s*"Secret(?:Disabled|NotYetValid|Expired)"/;

function isDisabled(thrown: unknown): boolean {
  return isRestError(thrown) && DISABLED.test(thrown.response?.bodyAsText ?? '');
}
