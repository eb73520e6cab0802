import childProcess from 'node:child_process';
import { get } from 'node:http';
import { Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { awsStage } from '../../../../test/contract/secret-managers/aws.ts';
import { azureStage } from '../../../../test/contract/secret-managers/azure.ts';
import { googleStage } from '../../../../test/contract/secret-managers/google.ts';
import type { ManagerStage } from '../../../../test/contract/secret-manager.stage.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';

const signal = new AbortController().signal;

/** Variables with which the SDKs and their HTTP clients would go elsewhere. */
const TEMPTING = {
  HTTPS_PROXY: 'http://127.0.0.2:9',
  HTTP_PROXY: 'http://127.0.0.2:9',
  AWS_ENDPOINT_URL: 'https://127.0.0.3:9',
  AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.4:9',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.4:9/credentials',
  AZURE_AUTHORITY_HOST: 'https://127.0.0.5:9',
  IDENTITY_ENDPOINT: 'http://127.0.0.5:9/identity',
  IDENTITY_HEADER: 'header',
  GCE_METADATA_HOST: '127.0.0.6:9',
  GOOGLE_CLOUD_PROJECT: 'another-project',
};

/** Where sockets of this process went, whoever opened them. */
function watchSockets(): string[] {
  const targets: string[] = [];
  // oxlint-disable-next-line typescript/unbound-method -- called with the socket as `this` below
  const open = Socket.prototype.connect;
  const spy = vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (
    this: Socket,
    ...args: unknown[]
  ) {
    const options = args.flat().find((each) => typeof each === 'object' && each !== null);
    targets.push(String(Reflect.get(options ?? {}, 'host')));
    return Reflect.apply(open, this, args) as Socket;
  });
  onTestFinished(() => spy.mockRestore());
  return targets;
}

const STAGES: Readonly<Record<string, ManagerStage>> = {
  'AWS Secrets Manager by web identity': awsStage('aws-secrets-manager', 'web-identity', 'text'),
  'AWS Secrets Manager by instance role': awsStage('aws-secrets-manager', 'instance-role', 'text'),
  'the Parameter Store by environment': awsStage('aws-parameter-store', 'environment', 'text'),
  'Azure Key Vault by client secret': azureStage('client-secret', 'text'),
  'Azure Key Vault by managed identity': azureStage('managed-identity', 'text'),
  'Google Secret Manager by service account': googleStage('service-account', 'text'),
  'Google Secret Manager by federation': googleStage('federation', 'text'),
  'Google Secret Manager by metadata': googleStage('metadata', 'text'),
};

it.each(Object.keys(STAGES))(
  '%s opens no socket but those of the runner, and starts no program',
  async (title) => {
    for (const [name, value] of Object.entries(TEMPTING)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const under = await STAGES[title]!.open({ clock: new SteppedClock(), cacheFor: '0s' });
    await under.put(under.path, 'the value');
    const spawned = vi.spyOn(childProcess, 'spawn');
    const fetched = vi.spyOn(globalThis, 'fetch');
    const targets = watchSockets();
    expect((await under.manager.read(under.path, signal))?.reveal()).toBe('the value');
    // The doubles are there, because `connectTo` of the runner leads to them.
    expect(new Set(targets)).toEqual(new Set(['127.0.0.1']));
    expect([spawned.mock.calls, fetched.mock.calls]).toEqual([[], []]);
  },
);

it('a server that a variable makes of the one in the mount is rejected', async () => {
  vi.stubEnv('AZURE_REGIONAL_AUTHORITY_NAME', 'westeurope');
  onTestFinished(() => void vi.unstubAllEnvs());
  const stage = STAGES['Azure Key Vault by client secret']!;
  const { manager, path } = await stage.open({ clock: new SteppedClock(), cacheFor: '0s' });
  await expect(manager.read(path, signal)).rejects.toMatchObject({
    code: 'SECRET_PROVIDER_FAILED',
    cause: { code: 'HOST_DENIED' },
  });
});

it('a socket that another part of the process opens is noticed', async () => {
  const targets = watchSockets();
  await new Promise((resolve) => get('http://127.0.0.4:9/').on('error', resolve));
  expect(targets).toEqual(['127.0.0.4']);
});
