import type { AccessToken, TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { readTrustedFile } from '../../../../foundation/src/runtime/trusted-file.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import type { AzureOptions } from '../azure-key-vault.ts';
import { askMetadata, parseMetadata } from '../sdk/metadata.ts';
import { credentialText } from '../credential-text.ts';
import { withSignInTransport } from '../sdk/sign-in-transport.ts';
import type { SdkTransport } from '../sdk/transport.ts';
import type { Token } from '../signed-in.ts';
import { clientOptions } from './http-client.ts';

const MAX_FILE_BYTES = 64 * 1024;
const METADATA_PATH = '/metadata/identity/oauth2/token';

const metadataSchema = z.object({
  access_token: credentialText,
  expires_in: z.coerce.number().positive(),
});

/** Signs in with the SDK's credential of the chosen kind, except by the metadata service. */
export function azureSignIn(
  options: AzureOptions,
  deps: ProviderDeps,
): (signal: AbortSignal) => Promise<Token> {
  const byWay = options.credentials === 'managed-identity' ? byMetadata : byCredential;
  return (signal) =>
    withSignInTransport(deps, signal, (transport) => byWay(options, deps, transport));
}

/** `https://vault.azure.net` for a vault of the public cloud. */
function resourceOf(vault: string): string {
  return `https://${new URL(vault).hostname.split('.').slice(1).join('.')}`;
}

async function byMetadata(
  { vault, client }: AzureOptions,
  { env }: ProviderDeps,
  transport: SdkTransport,
): Promise<Token> {
  const id = client ?? env['AZURE_CLIENT_ID'];
  const query = new URLSearchParams({
    'api-version': '2018-02-01',
    resource: resourceOf(vault),
    ...(id === undefined || id === '' ? {} : { client_id: id }),
  });
  const path = `${METADATA_PATH}?${query.toString()}`;
  const text = await askMetadata(transport, { path, headers: { metadata: 'true' } });
  const { access_token: value, expires_in: seconds } = parseMetadata(metadataSchema, text);
  return { value, lifeMs: seconds * 1000 };
}

async function byCredential(
  options: AzureOptions,
  deps: ProviderDeps,
  transport: SdkTransport,
): Promise<Token> {
  let status: number | undefined;
  const observed: SdkTransport = {
    send: async (request) => {
      const response = await transport.send(request);
      status = response.status;
      return response;
    },
  };
  const credential = await openCredential(options, deps, observed);
  let answer: AccessToken | null;
  try {
    answer = await credential.getToken(`${resourceOf(options.vault)}/.default`);
  } catch (thrown) {
    throw thrown instanceof RunnerError ? thrown : signInError(status);
  }
  if (answer === null) throw signInError(status);
  return { value: answer.token, lifeMs: answer.expiresOnTimestamp - Date.now() };
}

/** A new one for each sign-in, since each keeps its token until it has ended. */
async function openCredential(
  options: AzureOptions,
  { env, protect }: ProviderDeps,
  transport: SdkTransport,
): Promise<TokenCredential> {
  const { ClientAssertionCredential, ClientCertificateCredential, ClientSecretCredential } =
    await import('@azure/identity');
  const tenant = need('tenant', options.tenant ?? env['AZURE_TENANT_ID']);
  const client = need('client', options.client ?? env['AZURE_CLIENT_ID']);
  const common = {
    ...clientOptions(transport),
    authorityHost: options.authority,
    // Otherwise the SDK asks the public cloud about the authority.
    disableInstanceDiscovery: true,
  };
  if (options.credentials === 'client-certificate') {
    const certificate = await readSecret(options.certificateFile);
    protect(certificate);
    return new ClientCertificateCredential(tenant, client, { certificate }, common);
  }
  if (options.credentials === 'client-secret') {
    const secret = await readSecret(options.clientSecretFile);
    protect(secret);
    return new ClientSecretCredential(tenant, client, secret, common);
  }
  const file = options.tokenFile ?? env['AZURE_FEDERATED_TOKEN_FILE'];
  const assertion = await readSecret(need('tokenFile', file), 'trusted');
  protect(assertion);
  return new ClientAssertionCredential(tenant, client, async () => assertion, common);
}

async function readSecret(
  path: string | undefined,
  kind: 'private' | 'trusted' = 'private',
): Promise<string> {
  const file = await readTrustedFile(path ?? '', { kind, maxBytes: MAX_FILE_BYTES });
  return need(path ?? 'a file', file?.toString().trim());
}

function need(what: string, value: string | undefined): string {
  if (value !== undefined && value !== '') return value;
  throw new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', `${what} is missing or empty`);
}

/** The words of the server are left out. */
function signInError(status: number | undefined): RunnerError {
  const answered =
    status === undefined ? 'nothing was sent' : `the authority responded with status ${status}`;
  const message = `the sign-in to Azure failed: ${answered}`;
  if (status === 429 || (status ?? 0) >= 500)
    return new RunnerError('SECRET_PROVIDER_FAILED', message);
  return new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', message);
}
