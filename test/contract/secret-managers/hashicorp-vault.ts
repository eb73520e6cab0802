import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { MANAGERS } from '../../../src/secrets/managers/registry.ts';
import { createAuthority, type Leaf } from '../../support/certificates.ts';
import {
  type DoubleAnswer,
  type DoubleRequest,
  startManagerDouble,
} from '../../support/https-manager.ts';
import { providerDeps } from '../../support/provider-deps.ts';
import { WatchedCredentials } from '../../support/watched-credentials.ts';
import type { ManagerFault, ManagerStage } from '../secret-manager.stage.ts';

const HOST = 'vault.example';
const LIFE_SECONDS = 1000;
const ROLE_ID = 'role-id-of-the-runner';
const CREDENTIAL = 'credential-of-the-runner';
const LOGINS: Readonly<Record<string, string>> = {
  approle: '/v1/auth/approle/login',
  kubernetes: '/v1/auth/cluster-1/login',
  certificate: '/v1/auth/cert/login',
};

/** Texts that no error and no log may contain. */
const CREDENTIALS: Readonly<Record<VaultSignIn, readonly string[]>> = {
  token: [CREDENTIAL],
  approle: [CREDENTIAL, 'issued-token'],
  kubernetes: [CREDENTIAL, 'issued-token'],
  certificate: ['issued-token', 'PRIVATE KEY'],
};

export type VaultSignIn = 'token' | 'approle' | 'kubernetes' | 'certificate';

/** What the double has stored and issued. */
class VaultState {
  readonly secrets = new Map<string, { readonly password: string; readonly version: number }>();
  readonly #signIn: VaultSignIn;
  readonly #kvVersion: '1' | '2';
  #tokens = 0;
  signIns = 0;
  renewals = 0;

  constructor(signIn: VaultSignIn, kvVersion: '1' | '2') {
    this.#signIn = signIn;
    this.#kvVersion = kvVersion;
  }

  /** One token at a time; `rejected` refuses tokens and credentials. */
  answer(request: DoubleRequest, fault: ManagerFault | undefined): DoubleAnswer {
    const { url, headers } = request;
    if (fault === 'rejected') return { status: 403, body: { errors: ['permission denied'] } };
    if (headers['x-vault-namespace'] !== 'team') return { status: 404, body: { errors: [] } };
    if (url === LOGINS[this.#signIn]) return this.#login(request);
    const current = this.#signIn === 'token' ? CREDENTIAL : `issued-token-${this.#tokens}`;
    if (headers['x-vault-token'] !== current) return { status: 403, body: { errors: [] } };
    if (url === '/v1/auth/token/lookup-self') return this.#lookUp();
    if (url === '/v1/auth/token/renew-self') return this.#renewed();
    return this.#read(url);
  }

  #login({ body, client }: DoubleRequest): DoubleAnswer {
    const sent = JSON.stringify(body);
    const expected = {
      token: '',
      approle: JSON.stringify({ role_id: ROLE_ID, secret_id: CREDENTIAL }),
      kubernetes: JSON.stringify({ role: 'runner', jwt: CREDENTIAL }),
      certificate: JSON.stringify({ name: 'runner' }),
    }[this.#signIn];
    const isKnown = this.#signIn !== 'certificate' || client === 'runner.example';
    if (sent !== expected || !isKnown) return { status: 400, body: { errors: ['invalid'] } };
    this.signIns += 1;
    this.#tokens += 1;
    return { status: 200, body: { auth: auth(`issued-token-${this.#tokens}`) } };
  }

  /** For the method `token`, the look-up is the sign-in. */
  #lookUp(): DoubleAnswer {
    if (this.#signIn === 'token') this.signIns += 1;
    const life = { ttl: LIFE_SECONDS, creation_ttl: LIFE_SECONDS };
    return { status: 200, body: { data: { ...life, renewable: true } } };
  }

  #renewed(): DoubleAnswer {
    this.renewals += 1;
    const token = this.#signIn === 'token' ? CREDENTIAL : `issued-token-${this.#tokens}`;
    return { status: 200, body: { auth: auth(token) } };
  }

  #read(url: string): DoubleAnswer {
    const stored = this.secrets.get(url);
    if (stored === undefined) return { status: 404, body: { errors: [] } };
    const { password, version } = stored;
    const data = { password, port: 443, nested: { password } };
    const metadata = { version, created_time: `2026-01-01T00:00:0${version}Z` };
    return { status: 200, body: { data: this.#kvVersion === '1' ? data : { data, metadata } } };
  }
}

function auth(token: string): object {
  return { client_token: token, lease_duration: LIFE_SECONDS, renewable: true };
}

export function hashicorpVaultStage(signIn: VaultSignIn, kvVersion: '1' | '2'): ManagerStage {
  return {
    impossible: { binary: 'the server stores JSON, which is text' },
    open: async ({ clock, cacheFor }) => {
      const state = new VaultState(signIn, kvVersion);
      const watched = new WatchedCredentials(CREDENTIALS[signIn]);
      const double = await startManagerDouble({
        watched,
        host: HOST,
        isSecret: ({ url }) => url.startsWith('/v1/kv/'),
        answer: (request, fault) => state.answer(request, fault),
        denied: { status: 403, body: { errors: ['permission denied'] } },
      });
      const options = {
        url: `https://${HOST}`,
        namespace: 'team',
        engine: 'kv',
        kvVersion,
        pathPrefix: 'runner',
        cacheFor,
        ...(await credentialOptions(signIn)),
      };
      const mount = MANAGERS['hashicorp-vault'].mount(options);
      const { connect } = double;
      const deps = providerDeps({ clock, connect, protect: watched.protect });
      return {
        manager: await mount.open(deps),
        path: ['db', 'main', 'password'],
        other: ['db', 'other', 'password'],
        missingKey: ['db', 'main', 'port'],
        refused: [['db']],
        put: async (path, value) => store(state, kvVersion, path, value),
        mounted: { type: 'hashicorp-vault', options, server: double },
        fail: double.fail,
        stallSignIns: double.stallSignIns,
        requests: double.requests,
        watched,
        tokens: {
          lifeMs: LIFE_SECONDS * 1000,
          counts: () => ({ signIns: state.signIns, renewals: state.renewals }),
          renews: true,
        },
      };
    },
  };
}

let client: Promise<Leaf> | undefined;

async function issueClient(): Promise<Leaf> {
  return (await createAuthority()).issue(['runner.example'], { client: true });
}

async function credentialOptions(signIn: VaultSignIn): Promise<object> {
  const directory = mkdtempSync(join(tmpdir(), 'vault-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = (name: string, content: string): string => {
    writeFileSync(join(directory, name), `${content}\n`, { mode: 0o600 });
    return join(directory, name);
  };
  const credential = file('credential', CREDENTIAL);
  if (signIn === 'token') return { tokenFile: credential };
  if (signIn === 'approle') return { auth: 'approle', roleId: ROLE_ID, secretIdFile: credential };
  if (signIn === 'kubernetes')
    return { auth: 'kubernetes', authPath: 'cluster-1', role: 'runner', jwtFile: credential };
  const { certPem, keyPem } = await (client ??= issueClient());
  const files = { certificateFile: file('cert.pem', certPem), keyFile: file('key.pem', keyPem) };
  return { auth: 'certificate', role: 'runner', ...files };
}

function store(
  { secrets }: VaultState,
  kvVersion: '1' | '2',
  path: readonly string[],
  value: string | Uint8Array | undefined,
): void {
  const data = kvVersion === '2' ? ['data'] : [];
  const url = `/v1/${['kv', ...data, 'runner', ...path.slice(0, -1)].join('/')}`;
  const version = (secrets.get(url)?.version ?? 0) + 1;
  if (value === undefined) secrets.delete(url);
  else secrets.set(url, { password: String(value), version });
}
