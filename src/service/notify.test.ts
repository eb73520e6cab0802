import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../runtime/clock.ts';
import { keepInformed, serviceManager } from './notify.ts';

const directory = mkdtempSync(join(tmpdir(), 'notify-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A program in the place of systemd-notify that writes down how it was called. */
function recorder(name: string): { program: string; calls: () => string[] } {
  const [program, record] = [join(directory, name), join(directory, `${name}.calls`)];
  writeFileSync(record, '');
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${record}\n`);
  chmodSync(program, 0o755);
  return { program, calls: () => readFileSync(record, 'utf8').split('\n').filter((line) => line !== '') };
}

describe('the service manager', () => {
  it('is told in the name of this process', async () => {
    const { program, calls } = recorder('tell');
    await serviceManager({ NOTIFY_SOCKET: '/run/n' }, [program]).say('READY=1', 'STATUS=connected, 0 of 2 at work');
    expect(calls()).toEqual([`/run/n --pid=${process.pid} READY=1 STATUS=connected, 0 of 2 at work`]);
  });

  it('is not spoken to where there is none, or no program to reach it', async () => {
    const { program, calls } = recorder('none');
    await serviceManager({}, [program]).say('READY=1');
    await serviceManager({ NOTIFY_SOCKET: '/run/n' }, [join(directory, 'missing')]).say('READY=1');
    expect(calls()).toEqual([]);
  });

  it('may fail without harm', async () => {
    const { program } = recorder('fails');
    writeFileSync(program, '#!/bin/sh\nexit 1\n');
    await expect(serviceManager({ NOTIFY_SOCKET: '/run/n' }, [program]).say('READY=1')).resolves.toBeUndefined();
  });

  it('hears twice as often as its watchdog demands, until the end', async () => {
    const { program, calls } = recorder('watchdog');
    const manager = serviceManager({ NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '100000', WATCHDOG_PID: `${process.pid}` }, [program]);
    expect(manager.watchdogMs).toBe(50);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 400);
    await keepInformed(manager, () => 'fine', systemClock, stop.signal);
    expect(calls().length).toBeGreaterThanOrEqual(3);
    expect(calls()[0]).toContain('WATCHDOG=1 STATUS=fine');
  });

  it.each([{}, { WATCHDOG_USEC: 'x' }, { WATCHDOG_USEC: '0' }, { WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' }])('has no watchdog for us with %j', (env) => {
    const { program } = recorder('other');
    expect(serviceManager({ NOTIFY_SOCKET: '/run/n', ...env }, [program]).watchdogMs).toBeUndefined();
  });
});
