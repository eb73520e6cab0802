import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox.ts';

const MAIN = join(import.meta.dirname, '../src/main.ts');
const state = mkdtempSync(join(tmpdir(), 'sandbox-org-test-'));
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({
    objects: 60,
    state,
    proxyPort: 0,
    proxyCredentials: { username: 'me', password: 'secret' },
  });
});
afterAll(async () => {
  await sandbox.close();
  rmSync(state, { recursive: true });
});

describe('the program', () => {
  it.each([{ myDomain: 'acme' }, { objects: 0 }, { objects: 1.5 }, { port: 70_000 }])(
    'does not start with %j',
    async (options) => {
      await expect(startSandbox({ state, ...options })).rejects.toThrow('must');
    },
  );

  it('prints its addresses in one line, and stops on a signal', async () => {
    const child = spawn(
      process.execPath,
      [
        MAIN,
        '--objects',
        '40',
        '--seed',
        '5',
        '--state',
        state,
        '--json',
        '--trusted-ranges',
        '10.0.0.0/8,127.0.0.1/32',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const ready = JSON.parse(line) as Record<string, unknown>;
    expect(ready).toMatchObject({
      ready: true,
      caFile: join(state, 'ca.pem'),
      myDomain: 'acme.my',
      hosts: ['acme.my.salesforce.com', 'login.salesforce.com', 'test.salesforce.com'],
      apiVersion: '68.0',
      organizationId: expect.stringMatching(/^00D\w{12}$/) as string,
      objects: 40,
    });
    expect(Object.keys(ready['credentials'] as object)).toEqual([
      'username',
      'password',
      'securityToken',
      'consumerKey',
      'consumerSecret',
    ]);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it.each([[['--objects', 'many']], [['--trusted-ranges', 'here']]])(
    'rejects %j',
    async (flags) => {
      const child = spawn(process.execPath, [MAIN, ...flags], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const chunks: Buffer[] = [];
      child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
      const [code] = (await once(child, 'close')) as [number];
      expect(code).toBeGreaterThan(0);
      expect(Buffer.concat(chunks).toString().trim().split('\n')).toHaveLength(1);
    },
  );

  it('stops its servers when a port is taken', async () => {
    const flags = ['--objects', '20', '--state', state, '--port', String(sandbox.port)];
    const child = spawn(process.execPath, [MAIN, ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    expect(await once(child, 'exit')).toEqual([1, null]);
  });

  it('keeps its CA for the next start, with a key only its user can read', async () => {
    const again = await startSandbox({ objects: 20, state });
    await again.close();
    expect(again.caPem).toBe(sandbox.caPem);
    expect(statSync(join(state, 'server.key')).mode & 0o777).toBe(0o600);
  });
});
