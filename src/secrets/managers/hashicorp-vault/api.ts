import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import { readCredential } from '../credential-file.ts';
import type { HashicorpVaultOptions } from '../hashicorp-vault.ts';
import { createManagerHttp, failureOf, type ManagerResponse } from '../http.ts';

/** A call to `/v1/PATH`. */
export type VaultApi = (
  method: 'GET' | 'POST',
  path: string,
  content: { readonly token?: string; readonly body?: unknown },
  signal: AbortSignal,
) => Promise<ManagerResponse>;

export function vaultApi(options: HashicorpVaultOptions, deps: ProviderDeps): VaultApi {
  const { url: origin, caFile, namespace } = options;
  const identity = identityOf(options, deps);
  const call = createManagerHttp(
    { origin, caFile, ...(identity === undefined ? {} : { identity }) },
    deps,
  );
  return (method, path, { token, body }, signal) =>
    call(
      {
        method,
        path: `/v1/${path}`,
        body,
        headers: {
          'x-vault-request': 'true',
          ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
          ...(token === undefined ? {} : { 'x-vault-token': token }),
        },
      },
      signal,
    );
}

/** The client certificate; read at each call, so that a new one needs no restart. */
function identityOf(
  { auth, certificateFile, keyFile }: HashicorpVaultOptions,
  { protect }: ProviderDeps,
): (() => Promise<{ readonly cert: string; readonly key: string }>) | undefined {
  if (auth !== 'certificate' || certificateFile === undefined || keyFile === undefined)
    return undefined;
  return async () => {
    const key = await readCredential(keyFile, 'private');
    protect(key);
    return { cert: await readCredential(certificateFile, 'trusted'), key };
  };
}

/** For an answer that is neither a success nor one of its own to the caller. */
export function rejection(response: ManagerResponse, what: string): RunnerError {
  const { status } = response;
  if (status === 503)
    return new RunnerError(
      'SECRET_MANAGER_SEALED',
      `the server responded to ${what} with status 503`,
    );
  if (status === 307)
    return new RunnerError(
      'SECRET_PROVIDER_FAILED',
      `the server responded to ${what} with status 307: it is a standby that does not forward requests`,
      {
        remedy: 'Set url of the mount to an address that leads to the active server.',
        retryable: false,
      },
    );
  const error = failureOf(response, what);
  // A standby that has not caught up with the active server yet.
  return status === 412 ? error.with({ retryable: true }) : error;
}
