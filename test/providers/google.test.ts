import { afterAll, beforeAll, describe } from 'vitest';
import { MANAGERS } from '../../src/secrets/managers/registry.ts';
import { secretManagerFaults } from '../contract/secret-manager-faults.contract.ts';
import { secretManagerContract } from '../contract/secret-manager.contract.ts';
import type { ManagerStage } from '../contract/secret-manager.stage.ts';
import { openVenv } from '../peers/venv.ts';
import { startDouble } from '../support/manager-double.ts';
import { providerDeps } from '../support/provider-deps.ts';
import { WatchedCredentials } from '../support/watched-credentials.ts';
import { type Emulator, startEmulator } from './emulator.ts';

const venv = await openVenv({
  name: 'drongo',
  install: ['--only-binary', ':all:', 'drongo==0.8.0'],
  timeoutMs: 600_000,
});
const SERVICE = 'secretmanager.googleapis.com';
const TOKEN = { access_token: 'token-of-the-machine', expires_in: 3600 };
let emulator: Emulator;
let projects = 0;

/**
 * Drongo, an emulator of Google's REST API. It takes every token, and so do its faults not exist.
 */
const stage: ManagerStage = {
  impossible: Object.fromEntries(
    (['denied', 'throttled', 'rejected', 'sealed'] as const).map((fault) => [
      fault,
      'the emulator does not do this; the double does',
    ]),
  ),
  open: async ({ clock, cacheFor }) => {
    const project = `runner-test-${++projects}`;
    let reads = 0;
    let signIns = 0;
    const watched = new WatchedCredentials([TOKEN.access_token]);
    const double = await startDouble({
      watched,
      hosts: [SERVICE],
      secretHost: SERVICE,
      answer: (request) => {
        if (request.host === SERVICE) reads += 1;
        else signIns += 1;
        return request.host === SERVICE
          ? emulator.forward(request)
          : { status: 200, body: JSON.stringify(TOKEN) };
      },
    });
    const mount = MANAGERS['google-secret-manager'].mount({
      project,
      credentials: 'metadata',
      cacheFor,
    });
    const secrets = `${emulator.origin}/v1/projects/${project}/secrets`;
    const send = (method: string, url: string, body?: object): Promise<Response> =>
      fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return {
      manager: await mount.open(
        providerDeps({ clock, connect: double.connect, protect: watched.protect }),
      ),
      path: ['db', 'main'],
      other: ['db', 'other'],
      refused: [['db--main'], ['db-', 'main']],
      put: async (path, value) => {
        const name = path.join('--');
        if (value === undefined) {
          await send('DELETE', `${secrets}/${name}`);
          return;
        }
        await send('POST', `${secrets}?secretId=${name}`, { replication: { automatic: {} } });
        const data = Buffer.from(value as Uint8Array).toString('base64');
        await send('POST', `${secrets}/${name}:addVersion`, { payload: { data } });
      },
      fail: double.fail,
      requests: () => reads,
      watched,
      tokens: {
        lifeMs: TOKEN.expires_in * 1000,
        renews: false,
        counts: () => ({ signIns, renewals: 0 }),
      },
    };
  },
};

describe.skipIf('obstacle' in venv)('an emulator of Google', () => {
  beforeAll(async () => {
    if ('python' in venv)
      emulator = await startEmulator(venv.python, 'drongo', (port) => ['server', '--port', port]);
  });
  afterAll(() => emulator.stop());

  secretManagerContract('Google Secret Manager, emulated by drongo,', stage);
  secretManagerFaults('Google Secret Manager, emulated by drongo,', stage);
});
