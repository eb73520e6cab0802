import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MANAGERS } from '../../src/secrets/managers/registry.ts';
import { secretManagerFaults } from '../contract/secret-manager-faults.contract.ts';
import { secretManagerContract } from '../contract/secret-manager.contract.ts';
import {
  type ManagerFault,
  type ManagerStage,
  type ManagerUnderTest,
  never,
} from '../contract/secret-manager.stage.ts';
import { createAuthority } from '../support/certificates.ts';
import { providerDeps } from '../support/provider-deps.ts';
import { SteppedClock } from '../support/stepped-clock.ts';
import { WatchedCredentials } from '../support/watched-credentials.ts';
import { goProgram } from './go-program.ts';
import { RealVault } from './vault.ts';

const LIFE_SECONDS = 1000;
const POLICY = (engine: string): string => `path "${engine}" { capabilities = ["read"] }`;

const program = goProgram('vault-server');
if ('missing' in program && process.env['CI'] !== undefined) throw new Error(program.missing);

type SignIn = 'token' | 'approle' | 'certificate';

/** The options of a mount, and what else must be refused for the server to reject the runner. */
interface Credential {
  readonly options: object;
  readonly revoke: () => Promise<unknown>;
  readonly secret: string;
}

async function credentialFor(signIn: SignIn, vault: RealVault): Promise<Credential> {
  const directory = mkdtempSync(join(tmpdir(), 'vault-credential-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  if (signIn === 'token') {
    const life = { ttl: `${LIFE_SECONDS}s`, renewable: true, no_parent: true };
    const created = await vault.must('POST', 'auth/token/create', {
      policies: ['runner'],
      ...life,
    });
    const { client_token: token } = (created as { auth: { client_token: string } }).auth;
    const revoke = (): Promise<unknown> => vault.must('POST', 'auth/token/revoke', { token });
    return { options: { tokenFile: file('token', token) }, revoke, secret: token };
  }
  const life = { token_policies: ['runner'], token_ttl: LIFE_SECONDS };
  if (signIn === 'approle') {
    await vault.must('POST', 'sys/auth/approle', { type: 'approle' });
    await vault.must('POST', 'auth/approle/role/runner', life);
    const role = await vault.must('GET', 'auth/approle/role/runner/role-id');
    const { role_id: roleId } = (role as { data: { role_id: string } }).data;
    const made = await vault.must('POST', 'auth/approle/role/runner/secret-id', {});
    const { secret_id: secret } = (made as { data: { secret_id: string } }).data;
    const options = { auth: 'approle', roleId, secretIdFile: file('secret-id', secret) };
    const revoke = (): Promise<unknown> =>
      vault.must('POST', 'auth/approle/role/runner/secret-id/destroy', { secret_id: secret });
    return { options, revoke, secret };
  }
  const authority = await createAuthority();
  const { certPem, keyPem } = await authority.issue(['runner.example'], { client: true });
  await vault.must('POST', 'sys/auth/cert', { type: 'cert' });
  await vault.must('POST', 'auth/cert/certs/runner', { certificate: authority.caPem, ...life });
  const options = {
    auth: 'certificate',
    role: 'runner',
    certificateFile: file('cert.pem', certPem),
    keyFile: file('key.pem', keyPem),
  };
  const stranger = (await createAuthority()).caPem;
  const revoke = (): Promise<unknown> =>
    vault.must('POST', 'auth/cert/certs/runner', { certificate: stranger, ...life });
  return { options, revoke, secret: keyPem.trim() };
}

const LOGIN = { token: /^auth\/token\/lookup-self$/, approle: /\/login$/, certificate: /\/login$/ };

async function openReal(
  signIn: SignIn,
  kvVersion: '1' | '2',
  { clock, cacheFor }: Parameters<ManagerStage['open']>[0],
): Promise<ManagerUnderTest & { readonly vault: RealVault; readonly credential: Credential }> {
  if ('missing' in program) throw new Error(program.missing);
  const vault = await RealVault.start(program.path);
  await vault.must('POST', 'sys/mounts/kv', { type: 'kv', options: { version: kvVersion } });
  const data = kvVersion === '2' ? 'kv/data' : 'kv';
  const permit = (engine: string): Promise<unknown> =>
    vault.must('PUT', 'sys/policies/acl/runner', { policy: POLICY(engine) });
  await permit(`${data}/team/*`);
  const credential = await credentialFor(signIn, vault);
  const mount = MANAGERS['hashicorp-vault'].mount({
    url: vault.url,
    engine: 'kv',
    kvVersion,
    pathPrefix: 'team',
    cacheFor,
    ...credential.options,
  });
  let pending: Promise<unknown> = Promise.resolve();
  const watched = new WatchedCredentials([credential.secret]);
  const manager = await mount.open(
    providerDeps({
      clock,
      connect: async (...args) => pending.then(() => vault.connect(...args)),
      protect: watched.protect,
    }),
  );
  const begin: Partial<Record<ManagerFault, () => Promise<unknown>>> = {
    denied: () => permit('kv/other'),
    sealed: () => vault.must('PUT', 'sys/seal'),
    throttled: () => vault.must('POST', 'sys/quotas/rate-limit/all', { rate: 0.0001, path: 'kv/' }),
    rejected: credential.revoke,
  };
  const end: Partial<Record<ManagerFault, () => Promise<unknown>>> = {
    sealed: () => vault.unseal(),
  };
  let current: ManagerFault | undefined;
  return {
    vault,
    credential,
    manager,
    path: ['db', 'main', 'password'],
    other: ['db', 'other', 'password'],
    missingKey: ['db', 'main', 'user'],
    refused: [['db']],
    put: async (path, value) => {
      const at = `${data}/team/${path.slice(0, -1).join('/')}`;
      const secret = { password: String(value) };
      const body = kvVersion === '2' ? { data: secret } : secret;
      await (value === undefined ? vault.request('DELETE', at) : vault.must('POST', at, body));
    },
    fail: (fault) => {
      const action = fault === undefined ? end[current ?? 'slow'] : begin[fault];
      current = fault;
      pending = pending.then(action);
    },
    requests: () => vault.requestsTo(new RegExp(`^${data}/`)),
    watched,
    tokens: {
      lifeMs: LIFE_SECONDS * 1000,
      counts: () => ({
        signIns: vault.requestsTo(LOGIN[signIn]),
        renewals: vault.requestsTo(/^auth\/token\/renew-self$/),
      }),
      renews: true,
    },
  };
}

function stage(signIn: SignIn, kvVersion: '1' | '2'): ManagerStage {
  const byDouble = 'a real server does not do this on request; the double does';
  return {
    impossible: {
      binary: 'the server stores JSON, which is text',
      slow: byDouble,
      cut: byDouble,
      garbled: byDouble,
      throttled: byDouble,
    },
    open: (more) => openReal(signIn, kvVersion, more),
  };
}

describe.skipIf('missing' in program)('a real Vault server', () => {
  for (const [signIn, kvVersion] of [
    ['token', '1'],
    ['approle', '2'],
    ['certificate', '2'],
  ] as const) {
    const title = `a Vault server, signed in to by ${signIn}, engine version ${kvVersion},`;
    secretManagerContract(title, stage(signIn, kvVersion));
    secretManagerFaults(title, stage(signIn, kvVersion));
  }

  it('gets another sign-in after it has revoked the token of the runner', async () => {
    const under = await openReal('approle', '2', { clock: new SteppedClock(), cacheFor: '0s' });
    await under.put(under.path, 'a value');
    const read = async (): Promise<string | undefined> =>
      (await under.manager.read(under.path, never))?.reveal();
    expect(await read()).toBe('a value');
    await under.vault.must('PUT', 'sys/leases/revoke-prefix/auth/approle');
    expect([await read(), under.tokens?.counts().signIns]).toEqual(['a value', 2]);
  });

  it('keeps the secrets of other paths from the runner', async () => {
    const under = await openReal('approle', '2', { clock: new SteppedClock(), cacheFor: '0s' });
    await under.vault.must('POST', 'kv/data/others/db', {
      data: { password: 'not for the runner' },
    });
    expect(await under.manager.where(['x', 'others', 'password'])).toContain(
      'kv/data/team/x/others',
    );
    await expect(under.manager.read(['others', 'db', 'password'], never)).resolves.toBeUndefined();
  });
});
