import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportKey, generateKey } from '../../src/link/enrollment/identity.ts';
import { rawPublicKey } from '../../src/link/enrollment/key-files.ts';
import { Place, program } from './command-line.ts';

/** A runner whose control plane is not there, as a real process. */
let place: Place;
let runner: ChildProcess;
let output: string;

beforeEach(() => {
  place = new Place();
  const key = generateKey();
  mkdirSync(join(place.stateDir, 'identity'), { recursive: true, mode: 0o700 });
  writeFileSync(join(place.stateDir, 'identity', 'key.pem'), exportKey(key), { mode: 0o600 });
  const settings = {
    version: 1,
    runnerId: 'rnr_1',
    name: 'test',
    controlPlaneUrl: 'wss://127.0.0.1:1',
    publicKey: rawPublicKey(key),
    enrolledAt: '2026-01-01T00:00:00.000Z',
  };
  writeFileSync(join(place.stateDir, 'settings.json'), JSON.stringify(settings), { mode: 0o600 });
});

afterEach(async () => {
  if (runner.exitCode === null && runner.signalCode === null) {
    runner.kill('SIGKILL');
    await once(runner, 'exit');
  }
  place.close();
});

async function start(): Promise<void> {
  output = '';
  runner = spawn(process.execPath, [program, 'run', '--config', place.config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [runner.stdout!, runner.stderr!])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(() => output.includes('"msg":"runner started"'));
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    if (waited > 15_000) throw new Error(`waited in vain; the runner said:\n${output}`);
    await delay(20);
  }
}

async function exitAfter(signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(runner, 'exit') as Promise<[number | null]>;
  runner.kill(signal);
  return (await exit)[0];
}

describe('run without a reachable control plane', () => {
  it('is watched by status across a restart, until that is interrupted', async () => {
    await start();
    const args = [program, 'status', '--watch', '--json', '--config', place.config];
    const watch = spawn(process.execPath, args);
    let seen = '';
    watch.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const documents = (): { pid?: number; error?: { code: string } }[] =>
      seen
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { pid?: number; error?: { code: string } });
    await until(() => documents().some(({ pid }) => pid === runner.pid));
    runner.kill('SIGKILL');
    await until(() => documents().at(-1)?.error?.code === 'RUNNER_NOT_RUNNING');
    await start();
    await until(() => documents().at(-1)?.pid === runner.pid);
    watch.kill('SIGINT');
    expect(await once(watch, 'exit')).toEqual([0, null]);
  });

  it('keeps retrying, reports its status, and exits with 0 on SIGTERM', async () => {
    await start();
    await until(() => output.includes('connection failed; retrying'));
    const { code, stdout } = await place.call(['status', '--json']);
    expect(code).toBe(69);
    expect(JSON.parse(stdout)).toMatchObject({
      pid: runner.pid,
      health: {
        name: 'retrying',
        text: expect.stringMatching(
          /^not connected since .*Z, retrying: NETWORK_UNREACHABLE: /,
        ) as unknown,
      },
    });
    expect(await exitAfter('SIGTERM')).toBe(0);
    expect(output).toContain('"msg":"drained"');
    expect(existsSync(join(place.stateDir, 'status.sock'))).toBe(false);
    expect((await place.call(['status'])).code).toBe(69);
  });

  it('starts after a kill without finding the state directory locked', async () => {
    await start();
    await exitAfter('SIGKILL');
    await start();
    expect((await place.call(['status'])).stdout).toContain('health');
    expect(await exitAfter('SIGINT')).toBe(0);
  });

  it('rejects a second runner with the same state directory', async () => {
    await start();
    const second = await place.call(['run']);
    expect(second.code).toBe(75);
    expect(second.stderr).toContain('error STATE_LOCKED:');
    expect((await place.call(['status'])).stdout).toContain('health');
  });

  it('reloads its policy on SIGHUP, and opens no inspector on SIGUSR1', async () => {
    await start();
    runner.kill('SIGHUP');
    runner.kill('SIGUSR1');
    await until(() => output.includes('POLICY_MISSING'));
    await delay(200);
    expect(runner.exitCode).toBe(null);
    expect(output).not.toContain('Debugger listening');
  });

  it('does not use its identity with another control plane', async () => {
    await start();
    await exitAfter('SIGTERM');
    const { code, stderr } = await place.call(['run', '--url', 'wss://elsewhere.example.com']);
    expect(code).toBe(4);
    expect(stderr).toContain('error NOT_ENROLLED: enrolled with wss://127.0.0.1:1');
  });
});
