import { describe, expect, it } from 'vitest';
import { SteppedClock } from '../../../test/support/stepped-clock.ts';
import { startManagerDouble } from '../../../test/support/https-manager.ts';
import { startDouble } from '../../../test/support/manager-double.ts';
import { privateFile } from '../../../test/support/private-file.ts';
import { providerDeps } from '../../../test/support/provider-deps.ts';
import { MANAGERS, type ManagerType } from './registry.ts';
import type { Secret } from '../secret.ts';

const signal = new AbortController().signal;
const HOST = 'manager.example';

interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

/** Reads `secret/key` from a server that answers so, and counts the texts that were protected. */
async function readFrom(
  type: ManagerType,
  options: (caFile: string) => object,
  answer: (url: string) => Answer,
): Promise<{ readonly reading: Promise<Secret | undefined>; readonly texts: readonly string[] }> {
  const texts: string[] = [];
  const double = await startManagerDouble({
    host: HOST,
    isSecret: () => false,
    denied: { status: 403 },
    answer: ({ url }) => ({ status: 200, ...answer(url) }),
  });
  const deps = providerDeps({
    clock: new SteppedClock(),
    connect: double.connect,
    protect: (text) => void texts.push(text),
  });
  const mount = MANAGERS[type].mount(options(privateFile(double.caPem)));
  const manager = await mount.open(deps);
  return { texts, reading: manager.read(['secret', 'key'], signal) };
}

const vault = (caFile: string): object => ({
  url: `https://${HOST}`,
  caFile,
  auth: 'approle',
  roleId: 'role',
  secretIdFile: privateFile('secret-id'),
});
const auth = (client_token: string): Answer => ({
  body: { auth: { client_token, lease_duration: 0, renewable: false } },
});
const stored = (data: unknown): ((url: string) => Answer) => {
  return (url) => (url.endsWith('/login') ? auth('token') : { body: data });
};

describe('a Vault server', () => {
  it.each([
    ['lines', 'twelve chars\n'.repeat(1000)],
    ['more than 16 KiB', 'x'.repeat(16 * 1024 + 1)],
  ])(
    'that sends a token of %s is not believed, and the redactor does not get it',
    async (_w, token) => {
      const { reading, texts } = await readFrom('hashicorp-vault', vault, () => auth(token));
      await expect(reading).rejects.toMatchObject({ code: 'SECRET_PROVIDER_FAILED' });
      expect(new Set(texts)).toEqual(new Set(['secret-id']));
    },
  );

  it('whose secret has another form fails for this secret only', async () => {
    const { reading } = await readFrom('hashicorp-vault', vault, stored({ data: { key: 'v' } }));
    await expect(reading).rejects.toMatchObject({ code: 'SECRET_VALUE_UNUSABLE' });
  });

  it('whose version is long fails for this secret only', async () => {
    const metadata = { version: 1, created_time: 'x'.repeat(300) };
    const document = { data: { data: { key: 'value' }, metadata } };
    const { reading } = await readFrom('hashicorp-vault', vault, stored(document));
    await expect(reading).rejects.toMatchObject({
      code: 'SECRET_VALUE_UNUSABLE',
      message: expect.stringContaining('version') as string,
    });
  });

  it('that is a standby without forwarding says so', async () => {
    const { reading } = await readFrom('hashicorp-vault', vault, () => ({ status: 307, body: {} }));
    await expect(reading).rejects.toMatchObject({
      code: 'SECRET_PROVIDER_FAILED',
      message: expect.stringContaining('standby') as string,
      remedy: expect.stringContaining('active server') as string,
    });
  });
});

describe('a Connect server', () => {
  const connect = (caFile: string): object => ({
    url: `https://${HOST}`,
    caFile,
    tokenFile: privateFile('token'),
    vault: 'a'.repeat(26),
  });
  const items =
    (item: object) =>
    (url: string): Answer => ({
      body: url.includes('filter') ? [{ id: 'b'.repeat(26), title: 'secret' }] : item,
    });

  it.each([
    ['a document, which has no fields', { version: 1 }],
    ['of another form', { fields: 'none' }],
  ])('whose item is %s fails for this item only', async (_what, item) => {
    const { reading } = await readFrom('onepassword-connect', connect, items(item));
    await expect(reading).rejects.toMatchObject({ code: 'SECRET_VALUE_UNUSABLE' });
  });

  it('can send very many fields', async () => {
    const fields = Array.from({ length: 80_000 }, () => ({ label: '' }));
    const all = { version: 1, fields: [...fields, { label: 'key', value: 'the value' }] };
    const { reading } = await readFrom('onepassword-connect', connect, items(all));
    expect((await reading)?.reveal()).toBe('the value');
  });
});

describe('an API server of Kubernetes', () => {
  it('whose Secret has another form fails for this Secret only', async () => {
    const options = (caFile: string): object => ({
      url: `https://${HOST}`,
      caFile,
      tokenFile: privateFile('token'),
      namespace: 'ingestion',
    });
    const { reading } = await readFrom('kubernetes', options, () => ({ body: { data: {} } }));
    await expect(reading).rejects.toMatchObject({ code: 'SECRET_VALUE_UNUSABLE' });
  });
});

describe('a service of AWS', () => {
  it.each(['aws-secrets-manager', 'aws-parameter-store'] as const)(
    'that has no names of this form fails for this secret only (%s)',
    async (type) => {
      const region = 'eu-central-1';
      const host = `${type === 'aws-parameter-store' ? 'ssm' : 'secretsmanager'}.${region}.amazonaws.com`;
      const body = JSON.stringify({ __type: 'ValidationException', message: 'no' });
      const { connect } = await startDouble({
        hosts: [host],
        secretHost: host,
        answer: () => ({
          status: 400,
          headers: { 'content-type': 'application/x-amz-json-1.1' },
          body,
        }),
      });
      const env = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'key' };
      const mount = MANAGERS[type].mount({ region, credentials: 'environment' });
      const manager = await mount.open(providerDeps({ env, connect }));
      await expect(manager.read(['db'], signal)).rejects.toMatchObject({
        code: 'SECRET_UNAVAILABLE',
      });
    },
  );
});
