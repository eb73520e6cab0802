import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KillStage, VICTIMS } from '../../support/kills.ts';

const TIMEOUT = 300_000;

/**
 * One kill of each process; `npm run test:kill` repeats it at random moments, over both channels.
 */
describe.runIf(process.platform === 'linux')('kill -9 during a run', () => {
  let stage: KillStage;

  beforeAll(async () => {
    stage = await KillStage.open('ws', 60);
  }, TIMEOUT);
  afterAll(() => stage.close(), TIMEOUT);

  it.each(VICTIMS)(
    'of the %s leaves the result complete and without duplicates',
    async (victim) => {
      expect(await stage.kill(victim)).toBe(true);
    },
    TIMEOUT,
  );
});
