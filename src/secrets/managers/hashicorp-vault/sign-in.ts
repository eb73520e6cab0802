import { z } from 'zod';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import { readCredential } from '../credential-file.ts';
import { credentialText } from '../credential-text.ts';
import { type HashicorpVaultOptions, TOKEN_VARIABLE } from '../hashicorp-vault.ts';
import type { ManagerResponse } from '../http.ts';
import type { Token } from '../signed-in.ts';
import { rejection, type VaultApi } from './api.ts';

/** Lives are in seconds; 0 is a token without an end. */
const authSchema = z.object({
  auth: z.object({
    client_token: credentialText,
    lease_duration: z.number().nonnegative(),
    renewable: z.boolean(),
  }),
});
const tokenSchema = z.object({
  data: z.object({
    ttl: z.number().nonnegative(),
    creation_ttl: z.number().nonnegative(),
    renewable: z.boolean().default(false),
  }),
});

type SignIn = (signal: AbortSignal) => Promise<Token>;

/** Signs in with the method of the options. Throws SECRET_MANAGER_SIGN_IN_FAILED. */
export function signInTo(
  options: HashicorpVaultOptions,
  api: VaultApi,
  deps: ProviderDeps,
): SignIn {
  const { auth } = options;
  if (auth === 'token') return (signal) => lookUp(options, api, deps, signal);
  const method = auth === 'certificate' ? 'cert' : auth;
  return async (signal) => {
    const path = `auth/${options.authPath ?? method}/login`;
    const body = await credentialsFor(options, deps);
    const response = await api('POST', path, { body }, signal);
    return tokenIn(response, `the sign-in with ${auth}`, api, deps);
  };
}

async function credentialsFor(
  options: HashicorpVaultOptions,
  { protect }: ProviderDeps,
): Promise<Readonly<Record<string, string | undefined>>> {
  const { auth, role, roleId, secretIdFile, jwtFile } = options;
  if (auth === 'certificate') return { name: role };
  const credential =
    auth === 'kubernetes'
      ? await readCredential(jwtFile, 'trusted')
      : await readCredential(secretIdFile!, 'private');
  protect(credential);
  return auth === 'kubernetes'
    ? { role, jwt: credential }
    : { role_id: roleId, secret_id: credential };
}

/** A token that somebody else obtained: its life has begun already. */
async function lookUp(
  { tokenFile }: HashicorpVaultOptions,
  api: VaultApi,
  deps: ProviderDeps,
  signal: AbortSignal,
): Promise<Token> {
  const value =
    tokenFile === undefined
      ? (deps.env[TOKEN_VARIABLE] ?? '')
      : await readCredential(tokenFile, 'private');
  if (value === '')
    throw new RunnerError(
      'SECRET_MANAGER_SIGN_IN_FAILED',
      `neither tokenFile nor the variable ${TOKEN_VARIABLE} is set`,
    );
  deps.protect(value);
  const response = await api('GET', 'auth/token/lookup-self', { token: value }, signal);
  const { data } = parse(response, 'the look-up of the token', tokenSchema);
  if (data.ttl === 0) return { value };
  const lifeMs = Math.max(data.creation_ttl, data.ttl) * 1000;
  const spentMs = lifeMs - data.ttl * 1000;
  return {
    value,
    lifeMs,
    spentMs,
    renew: data.renewable ? renewal(value, lifeMs, api, deps) : undefined,
  };
}

function renewal(value: string, fullMs: number, api: VaultApi, deps: ProviderDeps): SignIn {
  return async (signal) => {
    const response = await api('POST', 'auth/token/renew-self', { token: value, body: {} }, signal);
    const token = tokenIn(response, 'the renewal of the token', api, deps);
    // At the end of its longest life, a token gets less and less; then only a sign-in helps.
    return (token.lifeMs ?? fullMs) < fullMs / 2 ? { ...token, renew: undefined } : token;
  };
}

function tokenIn(
  response: ManagerResponse,
  what: string,
  api: VaultApi,
  deps: ProviderDeps,
): Token {
  const { auth } = parse(response, what, authSchema);
  const { client_token: value, lease_duration: seconds, renewable } = auth;
  deps.protect(value);
  if (seconds === 0) return { value };
  const lifeMs = seconds * 1000;
  return { value, lifeMs, renew: renewable ? renewal(value, lifeMs, api, deps) : undefined };
}

function parse<T>(response: ManagerResponse, what: string, schema: z.ZodType<T>): T {
  const { status } = response;
  if (isRejection(response))
    throw new RunnerError(
      'SECRET_MANAGER_SIGN_IN_FAILED',
      `the server rejected ${what} (status ${status})`,
    );
  if (status !== 200) throw rejection(response, what);
  const parsed = schema.safeParse(response.json());
  if (parsed.success) return parsed.data;
  throw new RunnerError(
    'SECRET_PROVIDER_FAILED',
    `the response to ${what} has an unexpected format`,
  );
}

const errorsSchema = z.object({ errors: z.array(z.string()) });

/** Some versions answer a wrong secret ID of AppRole with status 500. */
function isRejection(response: ManagerResponse): boolean {
  const { status } = response;
  if (status !== 500) return status >= 400 && status < 500 && status !== 429 && status !== 412;
  const { errors = [] } = errorsSchema.safeParse(response.json()).data ?? {};
  return errors.some((error) => /^invalid (?:role|secret)/.test(error));
}
