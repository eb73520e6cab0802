import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadlineClock } from '../../../test/support/deadline-clock.ts';
import { SteppedClock } from '../../../test/support/stepped-clock.ts';
import { SyslogScene, upTo } from '../../../test/support/syslog-scene.ts';
import { type Clock, systemClock } from '../../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';

const RETRYING = 'failed to send the audit trail to syslog; retrying';
const SENT = 'audit trail sent to syslog';

let scene: SyslogScene;
beforeEach(async () => void (scene = await SyslogScene.open()));
afterEach(() => scene.close());

describe('a syslog server that does not take the audit trail', () => {
  it.each([0, 10, 300, 70_000])(
    'because the connection is cut after %i bytes gets it again',
    async (cutAfter) => {
      await scene.record(300);
      scene.server.conduct = { cutAfter };
      const forwarder = scene.start();
      await scene.until(() => scene.server.connections > 2 || scene.messages.includes(SENT));
      const { lines, seconds } = await forwarder.backlog();
      expect(lines).toBe(300);
      expect(seconds).toBeGreaterThan(0);
      scene.server.conduct = 'read';
      await scene.until(async () => (await forwarder.backlog()).lines === 0);
      expect(await forwarder.backlog()).toEqual({ lines: 0, seconds: 0 });
      expect(scene.numbers().slice(-300)).toEqual(upTo(300));
      await scene.verifyReceived();
      expect(scene.messages).toEqual([RETRYING, SENT]);
    },
  );

  it('because it speaks another protocol does not count as having it', async () => {
    await scene.record(3);
    scene.server.conduct = 'talk';
    const forwarder = scene.start();
    await scene.until(() => scene.server.connections > 2 || scene.messages.includes(SENT));
    expect((await forwarder.backlog()).lines).toBe(3);
    expect(scene.messages).toEqual([RETRYING]);
  });

  it.each(['neverRead', 'neverEnd'] as const)(
    'and keeps the connection open (%s) is abandoned after a time, with little in memory',
    async (conduct) => {
      const deadlines = deadlineClock(30_000);
      const pauses = new SteppedClock();
      const clock: Clock = {
        ...systemClock,
        sleep: (ms, signal) => (ms === 30_000 ? deadlines : pauses).sleep(ms, signal),
      };
      await scene.recordAll(Array.from({ length: 300 }, () => 'x'.repeat(30_000)));
      scene.server.conduct = conduct;
      let held = 0;
      scene.start({
        place: { directory: scene.directory, disk: nodeDisk, clock },
        open: async (signal) => {
          const stream = await scene.connect(signal);
          stream.on('close', () => (held = Math.max(held, stream.writableLength)));
          return stream;
        },
      });
      await scene.until(() => {
        deadlines.expire();
        return scene.server.connections > 2 || scene.messages.includes(SENT);
      });
      expect(held).toBeLessThan(128 * 1024);
      expect(scene.messages).toEqual([RETRYING]);
      scene.server.conduct = 'read';
      scene.server.cut();
      await scene.until(() => scene.numbers().includes(300));
    },
  );

  it('and then the runner is stopped, does not keep it from stopping', async () => {
    await scene.record(3);
    scene.server.conduct = 'neverEnd';
    scene.start();
    await scene.until(() => scene.numbers().length === 3);
    await scene.stop();
    scene.server.conduct = 'read';
    await scene.sendsAll();
    expect(scene.numbers()).toEqual([1, 2, 3, 1, 2, 3]);
  });
});

describe('a line of the audit trail', () => {
  it('that is damaged arrives as it is, without facts in its header', async () => {
    await scene.record(3);
    const path = join(scene.directory, (await scene.files())[0]!);
    const [first, second, third] = (await readFile(path, 'utf8')).split('\n');
    const damaged = second!.replace('test', 'TEST');
    await writeFile(path, `${first}\n${damaged}\n${third}\n`);
    await scene.sendsAll();
    expect(scene.server.messages[1]).toBe(`<107>1 - host-1 hybrid-runner - - - ${damaged}`);
    expect(scene.numbers()).toEqual([1, 2, 3]);
  });

  it('that is not durable yet is not sent', async () => {
    await scene.record(1);
    scene.start();
    const failing: Disk = {
      ...nodeDisk,
      open: async (path, mode) => {
        const file = await nodeDisk.open(path, mode);
        return {
          write: (...args) => file.write(...args),
          read: (...args) => file.read(...args),
          size: () => file.size(),
          truncate: (size) => file.truncate(size),
          close: () => file.close(),
          sync: async () => {
            await delay(200);
            throw new Error('EIO');
          },
        };
      },
    };
    await scene.until(() => scene.numbers().length === 1);
    await expect(scene.record(1, { disk: failing })).rejects.toMatchObject({
      code: 'AUDIT_UNWRITABLE',
    });
    await scene.record(1);
    await scene.until(() => scene.numbers().length > 1);
    await scene.verifyReceived();
    expect(scene.numbers()).toEqual([1, 2]);
  });
});
