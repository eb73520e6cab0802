import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestHost } from '../../test/support/service-host.ts';
import type { ServiceHost } from './host.ts';
import { readServiceState } from './state.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'state-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const hostThat = (run: ServiceHost['run']): ServiceHost =>
  Object.assign(new TestHost(directory), { run });

describe('the state of the service', () => {
  it.each([
    ['active', 12, true],
    ['deactivating', 12, true],
    ['activating', 0, true],
    ['inactive', 0, false],
    ['failed', 0, false],
  ])('%s with process %i', async (state, pid, isRunning) => {
    const host = hostThat(async () => `ActiveState=${state}\nMainPID=${pid}\n`);
    expect(await readServiceState(host)).toEqual({ isRunning, pid });
  });

  it('is no guess if systemctl fails or prints something else', async () => {
    for (const run of [() => Promise.reject(new Error('D-Bus')), () => Promise.resolve('?\n')])
      await expect(readServiceState(hostThat(run))).rejects.toMatchObject({
        code: 'SERVICE_FAILED',
      });
  });

  it('is not running without systemd', async () => {
    const host = Object.assign(new TestHost(directory), { systemdRuns: false });
    expect(await readServiceState(host)).toEqual({ isRunning: false, pid: 0 });
  });
});
