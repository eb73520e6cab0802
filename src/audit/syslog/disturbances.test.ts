import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { seededNumbers } from '../../../test/support/link/seeded-numbers.ts';
import { runs, seed as first } from '../../../test/support/property-runs.ts';
import { SyslogScene } from '../../../test/support/syslog-scene.ts';

/** Lines of several writers, cuts anywhere, restarts of both sides, full files; then calm. */
async function disturb(scene: SyslogScene, seed: number): Promise<void> {
  const random = seededNumbers(seed);
  scene.start();
  for (let step = 0; step < 15; step++) {
    const calm = random(3) === 0;
    scene.server.conduct = calm ? 'read' : { cutAfter: random(60_000) };
    const limits = { maxFileBytes: 1 + random(60_000) };
    await Promise.all([scene.record(random(30), limits), scene.record(random(30), limits)]);
    await delay(random(20));
    if (random(4) === 0) scene.server.cut();
    if (random(4) > 0) continue;
    await scene.stop();
    scene.start();
  }
  await scene.stop();
  scene.server.conduct = 'read';
  await scene.sendsAll();
}

it.each(Array.from({ length: runs(1) }, (_, index) => first + index))(
  'the audit trail is on the syslog server, whatever happens on the way (seed %i)',
  async (seed) => {
    const scene = await SyslogScene.open();
    await disturb(scene, seed);
    await scene.verifyReceived();
    expect(scene.gaps).toBe(0);
    let last = 0;
    for (const number of scene.numbers()) {
      expect(number).toBeLessThanOrEqual(last + 1);
      last = Math.max(last, number);
    }
    await scene.close();
  },
);
