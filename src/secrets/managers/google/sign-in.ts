import { IdentityPoolClient, JWT, UserRefreshClient } from 'google-auth-library';
import { z } from 'zod';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import type { GoogleOptions } from '../google-secret-manager.ts';
import { askMetadata, parseMetadata } from '../sdk/metadata.ts';
import { credentialText } from '../credential-text.ts';
import { withSignInTransport } from '../sdk/sign-in-transport.ts';
import type { SdkTransport } from '../sdk/transport.ts';
import type { Token } from '../signed-in.ts';
import { readCredentials } from './credentials-file.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const TOKEN_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';

const metadataSchema = z.object({
  access_token: credentialText,
  expires_in: z.number().positive(),
});

/** Signs in with Google's library, except by the metadata service. */
export function googleSignIn(
  options: GoogleOptions,
  deps: ProviderDeps,
): (signal: AbortSignal) => Promise<Token> {
  return (signal) =>
    withSignInTransport(deps, signal, (transport) =>
      options.credentials === 'metadata' ? byMetadata(transport) : byFile(options, deps, transport),
    );
}

async function byMetadata(transport: SdkTransport): Promise<Token> {
  const headers = { 'metadata-flavor': 'Google' };
  const text = await askMetadata(transport, { path: TOKEN_PATH, headers });
  const { access_token: value, expires_in: seconds } = parseMetadata(metadataSchema, text);
  return { value, lifeMs: seconds * 1000 };
}

async function byFile(
  { credentialsFile }: GoogleOptions,
  { env, protect }: ProviderDeps,
  transport: SdkTransport,
): Promise<Token> {
  const path = credentialsFile ?? env['GOOGLE_APPLICATION_CREDENTIALS'];
  if (path === undefined || path === '')
    throw new RunnerError(
      'SECRET_MANAGER_SIGN_IN_FAILED',
      'credentialsFile and GOOGLE_APPLICATION_CREDENTIALS are both unset',
    );
  const credentials = await readCredentials(path, protect);
  const client = withoutRepetition(clientOf(credentials, transport));
  try {
    const { token } = await client.getAccessToken();
    const { expiry_date: until } = client.credentials;
    const lifeMs = typeof until === 'number' ? until - Date.now() : undefined;
    if (typeof token === 'string') return { value: token, lifeMs };
    throw signInError(undefined);
  } catch (thrown) {
    throw signInError(thrown);
  }
}

type Client = JWT | UserRefreshClient | IdentityPoolClient;

function clientOf(
  credentials: Awaited<ReturnType<typeof readCredentials>>,
  transport: SdkTransport,
): Client {
  const common = {
    // Proxies of the environment are not for the library: the transport decides.
    transporterOptions: {
      fetchImplementation: fetchThrough(transport),
      noProxy: [/^/],
    },
  };
  if (credentials.type === 'service_account')
    return new JWT({
      ...common,
      email: credentials.client_email,
      key: credentials.private_key,
      scopes: [SCOPE],
    });
  if (credentials.type === 'authorized_user')
    return new UserRefreshClient({
      ...common,
      clientId: credentials.client_id,
      clientSecret: credentials.client_secret,
      refreshToken: credentials.refresh_token,
    });
  const { subject_token, ...federation } = credentials;
  const subject_token_supplier = { getSubjectToken: async () => subject_token };
  return withOneTransporter(
    new IdentityPoolClient({ ...common, ...federation, subject_token_supplier, scopes: [SCOPE] }),
  );
}

/**
 * The library says for each request that it is to be repeated; the look-up decides about that, and
 * knows how long a server asks to wait.
 */
function withoutRepetition(client: Client): Client {
  client.transporter.interceptors.request.add({
    resolved: async (request) =>
      Object.assign(request, { retry: false, retryConfig: { retry: 0 } }),
  });
  return client;
}

/** The library would exchange tokens by a client of its own, over a socket of its own. */
function withOneTransporter(client: IdentityPoolClient): IdentityPoolClient {
  const exchange: unknown = Reflect.get(client, 'stsCredential');
  if (typeof exchange !== 'object' || exchange === null || !('transporter' in exchange))
    throw new RunnerError('INTERNAL', 'the library of Google exchanges tokens in an unknown way');
  exchange.transporter = client.transporter;
  return client;
}

/** The library sends all of its requests through this. */
function fetchThrough({ send }: SdkTransport): typeof fetch {
  return async (input, init = {}) => {
    const { status, headers, body } = await send({
      method: init.method ?? 'GET',
      url: new URL(input instanceof Request ? input.url : input),
      headers: new Headers(init.headers),
      body: textOf(init.body),
    });
    return new Response(new Uint8Array(body), { status, headers });
  };
}

function textOf(body: RequestInit['body']): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new RunnerError('INTERNAL', 'google-auth-library made an unexpected kind of request');
}

/** The words of the server are left out: they can quote a token. */
function signInError(thrown: unknown): RunnerError {
  if (thrown instanceof RunnerError) return thrown;
  const status = thrown instanceof Error ? Number(Reflect.get(thrown, 'status')) : Number.NaN;
  if (status === 429 || status >= 500)
    return new RunnerError(
      'SECRET_PROVIDER_FAILED',
      `the token server of Google responded with status ${status}`,
    );
  return new RunnerError(
    'SECRET_MANAGER_SIGN_IN_FAILED',
    `the sign-in to Google failed${Number.isNaN(status) ? '' : `: status ${status}`}`,
  );
}
