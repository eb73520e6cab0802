import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tellServiceManager } from '../src/server/service-manager.ts';
import { temporaryFolder } from './stage.ts';

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
  it('is told with the pid of this process', async () => {
    const record = join(folder.path, 'calls');
    install(`echo "$NOTIFY_SOCKET $*" >> ${record}`);
    const options = { env: { NOTIFY_SOCKET: '/run/n' }, programs: [program] };
    await tellServiceManager('READY=1', { ...options, timeoutMs: PATIENCE_MS });
    expect(readFileSync(record, 'utf8')).toBe(`/run/n --pid=${process.pid} READY=1\n`);
  });

  it('is told nothing where there is none', async () => {
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
