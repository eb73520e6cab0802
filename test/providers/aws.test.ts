import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { MANAGERS } from '../../src/secrets/managers/registry.ts';
import { secretManagerFaults } from '../contract/secret-manager-faults.contract.ts';
import { secretManagerContract } from '../contract/secret-manager.contract.ts';
import type { ManagerStage } from '../contract/secret-manager.stage.ts';
import { openVenv } from '../peers/venv.ts';
import { startDouble } from '../support/manager-double.ts';
import { providerDeps } from '../support/provider-deps.ts';
import { WatchedCredentials } from '../support/watched-credentials.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { Moto, REGION } from './moto.ts';

const venv = await openVenv({
  name: 'moto',
  install: ['--only-binary', ':all:', 'moto[server]==5.2.5'],
  timeoutMs: 900_000,
});
const TYPES = {
  'aws-secrets-manager': {
    host: `secretsmanager.${REGION}.amazonaws.com`,
    action: 'GetSecretValue',
  },
  'aws-parameter-store': { host: `ssm.${REGION}.amazonaws.com`, action: 'GetParameter' },
} as const;
type AwsType = keyof typeof TYPES;
let emulator: Emulator;

/** The policy in docs/secrets.md, for every resource: moto compares none of these services. */
function documentedPolicy(action: string): string {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/secrets.md'), 'utf8');
  const blocks = [...text.matchAll(/```json\n(?<json>\{[^`]*\})\n```/g)];
  const json = blocks.map(({ groups }) => groups?.['json'] ?? '').find((it) => it.includes(action));
  const { Statement, ...policy } = JSON.parse(json ?? '{}') as { Statement: [object] };
  return JSON.stringify({ ...policy, Statement: [{ ...Statement[0], Resource: '*' }] });
}

/** Moto, which checks the signature of the runner, and the action that the policy permits. */
function motoStage(type: AwsType): ManagerStage {
  const isParameters = type === 'aws-parameter-store';
  const byDouble = 'the emulator does not do this; the double does';
  return {
    impossible: {
      throttled: byDouble,
      sealed: byDouble,
      denied: 'moto refuses in XML, which these services do not speak',
      rejected: 'moto refuses in XML, which these services do not speak',
      ...(isParameters ? { binary: 'a parameter is text' } : {}),
    },
    open: async ({ clock, cacheFor }) => {
      const { host, action } = TYPES[type];
      const moto = new Moto(emulator);
      await moto.reset();
      const permitted = await moto.user('runner', documentedPolicy(action));
      let reads = 0;
      const env = { AWS_ACCESS_KEY_ID: permitted.id, AWS_SECRET_ACCESS_KEY: permitted.secret };
      const watched = new WatchedCredentials([permitted.secret]);
      const double = await startDouble({
        watched,
        hosts: [host],
        secretHost: host,
        answer: async (request) => {
          reads += 1;
          return emulator.forward(request);
        },
      });
      const mount = MANAGERS[type].mount({
        region: REGION,
        credentials: 'environment',
        namePrefix: 'runner/prod',
        cacheFor,
      });
      await moto.checkAccess(true);
      return {
        manager: await mount.open(
          providerDeps({ clock, env, connect: double.connect, protect: watched.protect }),
        ),
        path: ['db', 'main'],
        other: ['db', 'other'],
        refused: [],
        put: async (path, value) => {
          await moto.checkAccess(false);
          await put(moto, isParameters, `runner/prod/${path.join('/')}`, value);
          await moto.checkAccess(true);
        },
        fail: double.fail,
        requests: () => reads,
        watched,
      };
    },
  };
}

async function put(
  moto: Moto,
  isParameters: boolean,
  name: string,
  value: string | Uint8Array | undefined,
): Promise<void> {
  if (isParameters) {
    const Name = `/${name}`;
    const kept = { Name, Value: value, Type: 'SecureString', Overwrite: true, Tier: 'Advanced' };
    if (value === undefined) await moto.json('ssm', 'AmazonSSM.DeleteParameter', { Name });
    else await moto.json('ssm', 'AmazonSSM.PutParameter', kept);
    return;
  }
  const stored =
    typeof value === 'string' || value === undefined
      ? { SecretString: value }
      : { SecretBinary: Buffer.from(value).toString('base64') };
  const call = (action: string, body: object): Promise<Response> =>
    moto.json('secretsmanager', `secretsmanager.${action}`, body);
  if (value === undefined)
    await call('DeleteSecret', { SecretId: name, ForceDeleteWithoutRecovery: true });
  else if (!(await call('CreateSecret', { Name: name, ...stored })).ok)
    await call('PutSecretValue', { SecretId: name, ...stored });
}

describe.skipIf('obstacle' in venv)('an emulator of AWS', () => {
  beforeAll(async () => {
    if ('python' in venv)
      emulator = await startEmulator(venv.python, 'moto_server', (port) => [
        '-H',
        '127.0.0.1',
        '-p',
        port,
      ]);
  });
  afterAll(() => emulator.stop());

  for (const type of ['aws-secrets-manager', 'aws-parameter-store'] as const) {
    secretManagerContract(`${type}, emulated by moto,`, motoStage(type));
    secretManagerFaults(`${type}, emulated by moto,`, motoStage(type));
  }

  it.each(['aws-secrets-manager', 'aws-parameter-store'] as const)(
    'rejects %s with an unknown key',
    async (type) => {
      const { host } = TYPES[type];
      await new Moto(emulator).checkAccess(true);
      const { connect } = await startDouble({
        hosts: [host],
        secretHost: host,
        answer: (request) => emulator.forward(request),
      });
      const env = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'of-no-user' };
      const mount = MANAGERS[type].mount({ region: REGION, credentials: 'environment' });
      const manager = await mount.open(providerDeps({ env, connect }));
      await expect(manager.read(['db'], NEVER)).rejects.toThrow('failed');
    },
  );

  it('answers that a secret scheduled for deletion is missing', async () => {
    const under = await motoStage('aws-secrets-manager').open({
      clock: providerDeps().clock,
      cacheFor: '0s',
    });
    await under.put(under.path, 'a value');
    const moto = new Moto(emulator);
    await moto.checkAccess(false);
    await moto.json('secretsmanager', 'secretsmanager.DeleteSecret', {
      SecretId: `runner/prod/${under.path.join('/')}`,
    });
    await moto.checkAccess(true);
    await expect(under.manager.read(under.path, NEVER)).resolves.toBeUndefined();
  });
});
