import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../test/support/simulated-clock.ts';
import { notifyServiceManager, type ServiceManager, serviceManager } from './notify.ts';

const directory = mkdtempSync(join(tmpdir(), 'notify-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A program takes its time on a busy machine. */
const PATIENCE_MS = 240_000;

/** A program in the place of systemd-notify that writes down how it was called. */
function recorder(name: string): { program: string; calls: () => string[] } {
  const [program, record] = [join(directory, name), join(directory, `${name}.calls`)];
  writeFileSync(record, '');
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${record}\n`);
  chmodSync(program, 0o755);
  return {
    program,
    calls: () =>
      readFileSync(record, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
  };
}

describe('the service manager', () => {
  it('is notified with the pid of this process', async () => {
    const { program, calls } = recorder('tell');
    await serviceManager({ NOTIFY_SOCKET: '/run/n' }, [program], PATIENCE_MS).notify(
      'READY=1',
      'STATUS=connected, 0 of 2 at work',
    );
    expect(calls()).toEqual([
      `/run/n --pid=${process.pid} READY=1 STATUS=connected, 0 of 2 at work`,
    ]);
  });

  it('gets no notification if it is absent, or its program is', async () => {
    const { program, calls } = recorder('none');
    await serviceManager({}, [program], PATIENCE_MS).notify('READY=1');
    await serviceManager({ NOTIFY_SOCKET: '/run/n' }, [join(directory, 'missing')]).notify(
      'READY=1',
    );
    expect(calls()).toEqual([]);
  });

  it('may fail without consequences', async () => {
    const { program } = recorder('fails');
    writeFileSync(program, '#!/bin/sh\nexit 1\n');
    await expect(
      serviceManager({ NOTIFY_SOCKET: '/run/n' }, [program], PATIENCE_MS).notify('READY=1'),
    ).resolves.toBeUndefined();
  });

  describe('during the run of a service', () => {
    /** Messages with the time at which they were sent, on a simulated clock. */
    async function sent(
      watchdogMs: number | undefined,
      forMs: number,
      { status, isAlive }: { status: (at: number) => string; isAlive: (at: number) => boolean },
    ): Promise<[number, string][]> {
      const clock = new SimulatedClock();
      const said: [number, string][] = [];
      const manager: ServiceManager = {
        isListening: true,
        watchdogMs,
        notify: async (...assignments) =>
          void said.push([clock.monotonic(), assignments.join(' ')]),
      };
      const stop = new AbortController();
      const running = notifyServiceManager(
        manager,
        { text: () => status(clock.monotonic()), isAlive: () => isAlive(clock.monotonic()) },
        clock,
        stop.signal,
      );
      await clock.advance(forMs);
      stop.abort();
      await running;
      return said;
    }

    it('is notified twice per watchdog interval, and of each change of the status', async () => {
      const said = await sent(30_000, 70_000, {
        status: (at) => (at < 40_500 ? 'fine' : 'retrying'),
        isAlive: () => true,
      });
      expect(said).toEqual([
        [0, 'WATCHDOG=1 STATUS=fine'],
        [30_000, 'WATCHDOG=1 STATUS=fine'],
        [41_000, 'STATUS=retrying'],
        [60_000, 'WATCHDOG=1 STATUS=retrying'],
      ]);
    });

    it('gets no WATCHDOG=1 while the service hangs', async () => {
      const said = await sent(30_000, 100_000, {
        status: () => 'fine',
        isAlive: (at) => at < 20_000,
      });
      expect(said).toEqual([[0, 'WATCHDOG=1 STATUS=fine']]);
    });

    it('gets the status without a watchdog', async () => {
      expect(
        await sent(undefined, 3000, {
          status: (at) => (at < 1500 ? 'a' : 'b'),
          isAlive: () => true,
        }),
      ).toEqual([
        [0, 'STATUS=a'],
        [2000, 'STATUS=b'],
      ]);
    });
  });

  it('halves the watchdog interval', () => {
    const { program } = recorder('watchdog');
    expect(
      serviceManager(
        { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '100000', WATCHDOG_PID: `${process.pid}` },
        [program],
      ).watchdogMs,
    ).toBe(50);
  });

  it.each([
    {},
    { WATCHDOG_USEC: 'x' },
    { WATCHDOG_USEC: '0' },
    { WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' },
  ])('has no watchdog with %j', (env) => {
    const { program } = recorder('other');
    expect(
      serviceManager({ NOTIFY_SOCKET: '/run/n', ...env }, [program]).watchdogMs,
    ).toBeUndefined();
  });
});
