import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { feedWatchdog, tellServiceManager } from '../src/server/service-manager.ts';
import { eventually, SteppedClock, temporaryFolder } from './stage.ts';

const PATIENCE_MS = 240_000;

let folder: ReturnType<typeof temporaryFolder>;
let program: string;

/** A program in the place of systemd-notify. */
function install(script: string): void {
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
}

beforeEach(() => {
  folder = temporaryFolder();
  program = join(folder.path, 'systemd-notify');
});
afterEach(() => folder.remove());

describe('the service manager', () => {
  it('gets the pid of this process', async () => {
    const record = join(folder.path, 'calls');
    install(`echo "$NOTIFY_SOCKET $*" >> ${record}`);
    const options = { env: { NOTIFY_SOCKET: '/run/n' }, programs: [program] };
    await tellServiceManager('READY=1', { ...options, timeoutMs: PATIENCE_MS });
    expect(readFileSync(record, 'utf8')).toBe(`/run/n --pid=${process.pid} READY=1\n`);
  });

  it('gets nothing without a service manager', async () => {
    const record = join(folder.path, 'calls');
    install(`touch ${record}`);
    await tellServiceManager('READY=1', { env: {}, programs: [program] });
    await tellServiceManager('READY=1', {
      env: { NOTIFY_SOCKET: '/run/n' },
      programs: [join(folder.path, 'missing')],
    });
    expect(existsSync(record)).toBe(false);
  });

  it('may fail without consequences', async () => {
    install('exit 1');
    const options = { env: { NOTIFY_SOCKET: '/run/n' }, programs: [program] };
    await expect(
      tellServiceManager('STOPPING=1', { ...options, timeoutMs: PATIENCE_MS }),
    ).resolves.toBeUndefined();
  });
});

describe('the watchdog', () => {
  const env = { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '20000' };
  let record: string;
  const lines = (): string[] =>
    (existsSync(record) ? readFileSync(record, 'utf8') : '').split('\n');

  beforeEach(() => {
    record = join(folder.path, 'calls');
    install(`echo "$*" >> ${record}`);
  });

  it('is fed while the process is alive, and not while it hangs', async () => {
    const stop = new AbortController();
    let alive = true;
    let asked = 0;
    const isAlive = (): boolean => {
      asked += 1;
      return alive;
    };
    const options = { env, programs: [program], timeoutMs: PATIENCE_MS };
    const fed = feedWatchdog(isAlive, new SteppedClock(), stop.signal, options);
    await eventually(async () => lines().length > 3);
    expect(lines()[0]).toBe(`--pid=${process.pid} WATCHDOG=1`);
    alive = false;
    const seen = asked;
    await eventually(async () => asked > seen + 1);
    const before = lines().length;
    const then = asked;
    await eventually(async () => asked > then + 3);
    expect(lines().length).toBe(before);
    stop.abort();
    await fed;
  });

  it.each([
    ['there is none', {}],
    ['it watches another process', { WATCHDOG_PID: '1' }],
  ])('is not fed where %s', async (_where, other) => {
    const { WATCHDOG_USEC: _, ...rest } = env;
    const used = 'WATCHDOG_PID' in other ? { ...env, ...other } : rest;
    const signal = new AbortController().signal;
    await feedWatchdog(() => true, new SteppedClock(), signal, { env: used, programs: [program] });
    expect(existsSync(record)).toBe(false);
  });
});
