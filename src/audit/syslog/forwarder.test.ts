import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { SteppedClock } from '../../../test/support/stepped-clock.ts';
import { SyslogScene, upTo } from '../../../test/support/syslog-scene.ts';

let scene: SyslogScene;
beforeEach(async () => void (scene = await SyslogScene.open()));
afterEach(() => scene.close());

describe('the audit trail on a syslog server', () => {
  it('is complete, in order and unchanged, across files', async () => {
    await scene.record(400, { maxFileBytes: 50_000 });
    expect((await scene.files()).length).toBeGreaterThan(3);
    const forwarder = scene.start();
    await scene.until(async () => (await forwarder.backlog()).lines === 0);
    await scene.record(3);
    await scene.until(() => scene.numbers().length === 403);
    expect(scene.numbers()).toEqual(upTo(403));
    await scene.verifyReceived();
    expect(scene.messages).toEqual(['audit trail sent to syslog']);
  });

  it('continues after a restart where it ended, also when its file is full or has expired', async () => {
    await scene.record(5);
    await scene.sendsAll();
    for (let line = 6; line < 9; line++) await scene.record(1, { maxFileBytes: 1 });
    await scene.sendsAll();
    for (const name of await scene.files()) {
      await scene.record(1, { maxFileBytes: 1 });
      await rm(join(scene.directory, name));
    }
    await scene.sendsAll();
    expect(scene.numbers()).toEqual(upTo(12));
    expect(scene.gaps).toBe(0);
  });

  it('goes to another server from the beginning', async () => {
    await scene.record(2);
    await scene.sendsAll();
    await scene.sendsAll({ server: { host: 'other.example.com', port: 6514 } });
    expect(scene.numbers()).toEqual([1, 2, 1, 2]);
  });

  it('is sent again from the beginning if the cursor cannot be read', async () => {
    await scene.record(2);
    await scene.sendsAll();
    await writeFile(join(scene.stateDir, 'audit-syslog.json'), '{"number":');
    await scene.sendsAll();
    expect(scene.numbers()).toEqual([1, 2, 1, 2]);
  });

  it('continues at the oldest line, with an alarm, if what follows the cursor has expired', async () => {
    await scene.record(2);
    await scene.sendsAll();
    for (let line = 3; line < 7; line++) await scene.record(1, { maxFileBytes: 1 });
    for (const name of (await scene.files()).slice(0, 4)) await rm(join(scene.directory, name));
    await scene.sendsAll();
    expect(scene.numbers()).toEqual([1, 2, 6]);
    expect(scene.gaps).toBe(1);
    expect(scene.messages).toContain('alarm: the audit trail does not continue what syslog has');
  });

  it.each([1, 3, 5])(
    'starts over, with an alarm, if another trail with %i lines is in its place',
    async (count) => {
      await scene.record(3);
      await scene.sendsAll();
      await rename(scene.directory, join(scene.stateDir, 'moved away'));
      await scene.record(count);
      scene.server.conduct = { cutAfter: 0 };
      const forwarder = scene.start();
      await scene.until(() => scene.server.connections > 3);
      expect((await forwarder.backlog()).lines).toBe(count);
      scene.server.conduct = 'read';
      await scene.until(() => scene.numbers().length > 3 && scene.numbers().at(-1) === count);
      expect(scene.numbers()).toEqual([1, 2, 3, ...upTo(count)]);
      await scene.until(async () => (await forwarder.backlog()).seconds === 0);
      await scene.record(1);
      await scene.until(() => scene.numbers().at(-1) === count + 1);
      expect(scene.gaps).toBe(1);
    },
  );

  it('goes over one connection each five seconds while lines are added', async () => {
    const pauses: number[] = [];
    const stepped = new SteppedClock();
    const clock: Clock = {
      ...systemClock,
      sleep: async (ms, signal) => {
        if (ms > 5_000) return stepped.sleep(ms, signal);
        pauses.push(ms);
        await scene.record(1);
        return stepped.sleep(ms, signal);
      },
    };
    scene.start({ place: { directory: scene.directory, disk: nodeDisk, clock } });
    await scene.until(() => scene.server.connections >= 3);
    await scene.stop();
    expect(new Set(pauses.slice(1))).toEqual(new Set([5_000]));
  });

  it('goes over several connections if it is long', async () => {
    await scene.recordAll(Array.from({ length: 200 }, () => 'x'.repeat(30_000)));
    await scene.sendsAll();
    expect(scene.numbers()).toEqual(upTo(200));
    expect(scene.server.connections).toBe(2);
  });
});
