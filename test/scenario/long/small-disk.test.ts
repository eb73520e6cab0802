import { readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { canMount } from '../../support/small-disk.ts';
import { Stage } from '../../support/stage.ts';

const MEGABYTE = 1024 * 1024;
const OBJECTS = 300;
let stage: Stage;

afterEach(() => stage.close());

function spool(): string[] {
  return readdirSync(join(stage.stateDir, 'spool'));
}

it.runIf(canMount('small-disk'))(
  'a run many times larger than the disk succeeds, and leaves the disk empty',
  async () => {
    stage = await Stage.open({ objects: OBJECTS, latencyMs: 0, stateBytes: 4 * MEGABYTE });
    await stage.startRunner();
    const run = await stage.ended(await stage.startRun());
    expect(run).toMatchObject({ state: 'success' });
    expect((await stage.tables()).length).toBeGreaterThanOrEqual(OBJECTS);
    await stage.waitFor('the spool to be empty', () => Promise.resolve(spool().length === 0));
    const { blocks, bavail, bsize } = statfsSync(stage.stateDir);
    expect((blocks - bavail) * bsize).toBeLessThan(2 * MEGABYTE);
  },
  300_000,
);
