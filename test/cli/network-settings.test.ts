import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { acquireFileLock } from '../../foundation/src/runtime/file-lock.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import { createAuthority, type Authority } from '../support/certificates.ts';
import { ConnectProxy } from '../support/connect-proxy.ts';
import { Place, program, type Result } from './command-line.ts';

/**
 * A control plane with a private CA that is reached only through a proxy: no other name server
 * knows plane.test.
 */
const USER = 'CORP\\jane:pa#ss';
let authority: Authority;
let server: Server;
let proxy: ConnectProxy;
let place: Place;
let caFile: string;

beforeAll(async () => {
  authority = await createAuthority();
  const leaf = await authority.issue(['plane.test']);
  server = createServer({ cert: leaf.certPem, key: leaf.keyPem }, (request, response) => {
    request.resume();
    response
      .writeHead(201, { 'content-type': 'application/json' })
      .end(JSON.stringify({ runnerId: 'rnr_1', name: 'warehouse', controlPlane: 'plane' }));
  });
  // A runner that connects is not served here: that it gets this far is what the tests look at.
  server
    .on('upgrade', (_request, socket) =>
      socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'),
    )
    .listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

beforeEach(async () => {
  place = new Place();
  proxy = await ConnectProxy.open({
    credentials: USER,
    target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
  });
  caFile = place.file('ca.pem', authority.caPem);
});
afterEach(async () => {
  await proxy.close();
  place.close();
});

const proxyUrl = (): string => `http://${USER}@127.0.0.1:${proxy.port}`;

function enroll(env: NodeJS.ProcessEnv, ...flags: string[]): Promise<Result> {
  return place.call(
    [
      'enroll',
      '--json',
      '--url',
      'wss://plane.test',
      '--token-file',
      place.file('token', 'hre_token'),
      ...flags,
    ],
    { env },
  );
}

async function shown(
  env: NodeJS.ProcessEnv = {},
): Promise<Record<string, { value: unknown; source: { kind: string; name: string } }>> {
  const { stdout } = await place.call(['config', 'show', '--json'], { env });
  const { settings } = JSON.parse(stdout) as {
    settings: { key: string; value: unknown; source: { kind: string; name: string } }[];
  };
  return Object.fromEntries(settings.map(({ key, value, source }) => [key, { value, source }]));
}

describe('a machine behind a proxy', () => {
  it('enrolls through HTTPS_PROXY, and `run` later uses the same proxy without flags and variables', async () => {
    expect(
      await enroll({ HTTPS_PROXY: proxyUrl(), NO_PROXY: 'localhost, 10.*' }, '--ca-file', caFile),
    ).toMatchObject({ code: 0 });
    expect(proxy.requested).toEqual(['plane.test:443']);
    rmSync(caFile);

    const settings = await shown();
    expect(settings['network.proxy']).toMatchObject({
      value: `http://hidden:hidden@127.0.0.1:${proxy.port}`,
      source: { kind: 'enrollment' },
    });
    expect(settings['network.noProxy']).toMatchObject({
      value: ['localhost', '10.0.0.0/8'],
      source: { kind: 'enrollment' },
    });
    const kept = settings['controlPlane.caFile']!.value as string;
    expect(kept.startsWith(place.stateDir)).toBe(true);
    expect(readFileSync(kept, 'utf8')).toBe(authority.caPem);
    for (const path of [kept, settings['network.proxy']!.source.name])
      expect(statSync(path).mode & 0o777).toBe(0o600);

    const runner = spawn(process.execPath, [program, 'run', '--config', place.config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    let output = '';
    for (const stream of [runner.stdout, runner.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    // Past the proxy and past the certificate: the answer of the control plane itself.
    await vi.waitFor(() => expect(output).toContain('CONTROL_PLANE_BUSY'), {
      timeout: 240_000,
      interval: 50,
    });
    expect(output).not.toMatch(/TLS_UNTRUSTED|PROXY_REFUSED|pa#ss/);
    expect(new Set(proxy.requested)).toEqual(new Set(['plane.test:443']));
    runner.kill('SIGKILL');
    await once(runner, 'exit');
  });

  it('shows the variable that a setting comes from, and prefers the file', async () => {
    const env = { https_proxy: 'proxy.corp:3128', no_proxy: 'a.corp b.corp' };
    expect(await shown(env)).toMatchObject({
      'network.proxy': {
        value: 'http://proxy.corp:3128',
        source: { kind: 'environment', name: 'https_proxy' },
      },
      'network.noProxy': {
        value: ['a.corp', 'b.corp'],
        source: { kind: 'environment', name: 'no_proxy' },
      },
    });
    place.file(
      'runner.yaml',
      JSON.stringify({ stateDir: place.stateDir, network: { proxy: 'http://other.corp:8080' } }),
    );
    expect((await shown(env))['network.proxy']).toMatchObject({
      value: 'http://other.corp:8080',
      source: { kind: 'file' },
    });
  });

  it('is in the audit trail with the user of the system and the key, without the token', async () => {
    const env = { HTTPS_PROXY: proxyUrl(), SUDO_USER: 'jane' };
    expect((await enroll(env, '--ca-file', caFile, '--replace')).code).toBe(0);
    const [file = ''] = readdirSync(join(place.stateDir, 'audit')).filter((name) =>
      name.endsWith('.jsonl'),
    );
    const text = readFileSync(join(place.stateDir, 'audit', file), 'utf8');
    expect(JSON.parse(text.trimEnd())).toMatchObject({
      event: 'enroll',
      controlPlaneUrl: 'wss://plane.test:443',
      publicKey: expect.stringMatching(/^.{43}=$/) as string,
      replace: true,
      user: userInfo().username,
      sudoUser: 'jane',
    });
    expect(text).not.toContain('hre_token');
  });

  it('does not replace the identity of a running runner, and keeps the token', async () => {
    mkdirSync(place.stateDir, { mode: 0o700 });
    const path = join(place.stateDir, 'lock');
    const lock = await acquireFileLock({ path, what: 'this', processes: systemProcesses });
    const tried = await enroll({ HTTPS_PROXY: proxyUrl() }, '--ca-file', caFile, '--replace');
    await lock.release();
    expect(tried.stdout + tried.stderr).toMatch(/STATE_LOCKED[^]*systemctl stop/);
    expect(proxy.requested).toEqual([]);
  });

  it('gets an error for an entry of NO_PROXY that matches nothing, and stores nothing when enrollment fails', async () => {
    const { code, stdout } = await enroll(
      { HTTPS_PROXY: proxyUrl(), NO_PROXY: 'a.corp,10.0.0.0/99' },
      '--ca-file',
      caFile,
    );
    expect(code).toBe(3);
    expect(stdout).toContain('10.0.0.0/99');
    expect(stdout).toContain('NO_PROXY');
    expect(await enroll({ HTTPS_PROXY: proxyUrl() })).toMatchObject({
      code: 69,
      stdout: expect.stringContaining('--ca-file') as unknown,
    });
    expect((await shown())['network.proxy']).toMatchObject({ value: null });
  });

  it('finds every network flag in the help of enroll', async () => {
    const { stdout } = await place.callBare(['enroll', '--help']);
    for (const flag of [
      '--ca-file',
      '--proxy',
      '--without-proxy',
      '--connect-to',
      '--network-ca-file',
    ])
      expect(stdout).toMatch(new RegExp(` ${flag} <(?:value|path)>`));
  });
});
