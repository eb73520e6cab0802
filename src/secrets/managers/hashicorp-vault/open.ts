import { z } from 'zod';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import type { SecretPath } from '../../reference.ts';
import type { HashicorpVaultOptions } from '../hashicorp-vault.ts';
import type { ManagerResponse } from '../http.ts';
import type { SecretManager, StoredSecret } from '../manager-kind.ts';
import { SignedIn } from '../signed-in.ts';
import { rejection, type VaultApi, vaultApi } from './api.ts';
import { signInTo } from './sign-in.ts';

const entries = z.record(z.string(), z.unknown());
const versionOne = z.object({ data: entries });
const versionTwo = z.object({
  data: z.object({
    data: entries,
    metadata: z.object({ version: z.int(), created_time: z.string() }),
  }),
});

export async function openHashicorpVault(
  options: HashicorpVaultOptions,
  deps: ProviderDeps,
): Promise<SecretManager> {
  return new HashicorpVault(options, deps);
}

class HashicorpVault implements SecretManager {
  readonly #options: HashicorpVaultOptions;
  readonly #api: VaultApi;
  readonly #session: SignedIn;

  constructor(options: HashicorpVaultOptions, deps: ProviderDeps) {
    this.#options = options;
    this.#api = vaultApi(options, deps);
    this.#session = new SignedIn(signInTo(options, this.#api, deps), deps.clock);
  }

  where(name: SecretPath): string {
    const { url, namespace } = this.#options;
    const inNamespace = namespace === undefined ? '' : ` in namespace ${namespace}`;
    return `${url}/v1/${this.#pathOf(name)}${inNamespace}`;
  }

  async check(signal: AbortSignal): Promise<void> {
    const token = await this.#session.token(signal);
    if (!(await this.#isValid(token, signal)))
      throw new RunnerError(
        'SECRET_MANAGER_SIGN_IN_FAILED',
        'the server rejected the token that it had issued',
      );
  }

  async fetch(name: SecretPath, signal: AbortSignal): Promise<StoredSecret | undefined> {
    const path = this.#pathOf(name);
    const response = await this.#read(path, signal);
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw rejection(response, 'a read');
    return storedIn(response.json(), this.#options.kvVersion);
  }

  #pathOf(name: SecretPath): string {
    const { engine, kvVersion, pathPrefix } = this.#options;
    const data = kvVersion === '2' ? ['data'] : [];
    return [engine, ...data, ...(pathPrefix === undefined ? [] : [pathPrefix]), ...name].join('/');
  }

  /** A token that was revoked or has ended early is replaced once. */
  async #read(path: string, signal: AbortSignal): Promise<ManagerResponse> {
    const token = await this.#session.token(signal);
    const first = await this.#api('GET', path, { token }, signal);
    if (first.status !== 403) return first;
    if (await this.#isValid(token, signal)) throw denied(path);
    this.#session.reject(token);
    const second = await this.#api(
      'GET',
      path,
      { token: await this.#session.token(signal) },
      signal,
    );
    if (second.status === 403) throw denied(path);
    return second;
  }

  async #isValid(token: string, signal: AbortSignal): Promise<boolean> {
    const response = await this.#api('GET', 'auth/token/lookup-self', { token }, signal);
    if (response.status === 200) return true;
    if (response.status === 403) return false;
    throw rejection(response, 'a look-up of the token');
  }
}

function denied(path: string): RunnerError {
  return new RunnerError(
    'SECRET_MANAGER_DENIED',
    `the policies of the runner's token do not permit to read ${path}`,
  );
}

/** The texts among the values: numbers and objects cannot be secrets of a connection. */
function textsOf(values: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(values).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

function storedIn(document: unknown, kvVersion: '1' | '2'): StoredSecret {
  if (kvVersion === '1') return { content: textsOf(parse(versionOne, document).data) };
  const { data, metadata } = parse(versionTwo, document).data;
  return { content: textsOf(data), version: `kv ${metadata.version} ${metadata.created_time}` };
}

function parse<T>(schema: z.ZodType<T>, document: unknown): T {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new RunnerError(
    'SECRET_VALUE_UNUSABLE',
    'the response is not from a key-value engine of this version',
    { remedy: 'Check engine and kvVersion of the mount.' },
  );
}
