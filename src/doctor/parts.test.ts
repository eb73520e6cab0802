import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DoctorScene } from '../../test/support/doctor-scene.ts';
import { TestHost } from '../../test/support/service-host.ts';
import { serveStatus } from '../observability/status-socket.ts';
import { inParallel, PARALLEL } from './in-parallel.ts';
import { inspect, type Target } from './inspect.ts';
import { runningRunner } from './running-runner.ts';
import { readUnit } from './unit.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'doctor-parts-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const signal = new AbortController().signal;
const hostThat = (output: () => Promise<string>): TestHost =>
  Object.assign(new TestHost(directory), { run: output });

describe('the unit of the service', () => {
  const show = (config: string) => async () =>
    `LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nUser=x\nExecStart={ path=/n ; argv[]=/n /p run --config ${config} ; pid=1 }\n`;

  it.each([
    ['/etc/hybrid-runner', 'loaded'],
    ['/etc/hybrid-runner/runner.yaml', 'loaded'],
    ['/etc/hybrid-runner-2', 'foreign'],
    ['/srv/etc/hybrid-runner', 'foreign'],
  ])('with the configuration %s is %s', async (config, name) => {
    expect(await readUnit(hostThat(show(config)), '/etc/hybrid-runner')).toMatchObject({ name });
  });

  it('is unknown, not missing, if systemctl fails', async () => {
    const host = hostThat(() => Promise.reject(new Error('D-Bus')));
    expect(await readUnit(host, '/etc/hybrid-runner')).toMatchObject({
      name: 'unknown',
      error: { code: 'SERVICE_FAILED' },
    });
  });
});

it('a newer runner with an unknown word for its health is a warning', async () => {
  const path = join(directory, 'status.sock');
  const health = { name: 'hibernating', text: 'hibernates' };
  const server = await serveStatus(path, async () => ({ version: '9.0.0', pid: 7, health }));
  expect(await runningRunner(path, signal)).toMatchObject({
    health: { level: 'warn', text: 'hibernates' },
  });
  await server.close();
});

it('work in parallel has a limit, and results in order', async () => {
  let [running, most] = [0, 0];
  const items = Array.from({ length: 100 }, (_, index) => index);
  const results = await inParallel(items, signal, async (item) => {
    most = Math.max(most, ++running);
    await delay(item % 3);
    running -= 1;
    return item * 2;
  });
  expect(most).toBe(PARALLEL);
  expect(results).toEqual(items.map((item) => item * 2));
});

it('one limit covers proxy, connection and handshake of a server', async () => {
  const network = { proxy: 'http://127.0.0.1:9', noProxy: [], connectTo: [] };
  const target = {
    endpoint: { host: 'a.example', port: 443 },
    network: { ...network, publicCas: true, extraCa: undefined },
    role: 'x',
    isControlPlane: false,
    caSetting: 'network.caFile',
  } as unknown as Target;
  const never = new Promise<void>(() => undefined);
  const deps = { resolve: async () => [], timeoutMs: 50, proxyAnswers: () => never };
  expect(await inspect(target, deps, signal)).toMatchObject({
    stage: 'proxy',
    error: { code: 'NETWORK_TIMEOUT', message: 'the proxy did not answer within 50 ms' },
  });
});

describe('a diagnosis', () => {
  it('removes the trial file of one that was killed', async () => {
    const scene = await DoctorScene.open();
    writeFileSync(join(scene.stateDir, '.doctor-1'), '');
    await scene.diagnose();
    expect(readdirSync(scene.stateDir).filter((name) => name.startsWith('.doctor'))).toEqual([]);
    await scene.close();
  });

  it('gives every server its time, however many the policy names', async () => {
    const scene = await DoctorScene.open();
    const names = Array.from({ length: 40 }, (_, index) => `h${index}.example.com`);
    scene.policy({ hosts: names });
    let [running, most] = [0, 0];
    const { checks } = await scene.diagnose({
      machine: {
        resolve: async () => {
          most = Math.max(most, ++running);
          await delay(20);
          running -= 1;
          throw Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' });
        },
      },
    });
    expect(most).toBeLessThanOrEqual(4 * PARALLEL);
    const dns = checks.find(({ name }) => name === 'dns')!;
    expect(dns.findings.length).toBeGreaterThanOrEqual(40);
    await scene.close();
  });
});
