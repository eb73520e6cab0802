import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { canMount } from '../support/small-disk.ts';
import { Stage } from '../support/stage.ts';

const LEFT_BYTES = 64 * 1024;

let stage: Stage;

afterEach(() => stage.close());

it.runIf(canMount('small-disk'))(
  'ends a run whose records exceed the free disk space with DISK_FULL, in bounded time',
  async () => {
    stage = await Stage.open({
      objects: 30,
      latencyMs: 0,
      stateBytes: 1024 * 1024,
      controlPlaneArgs: ['--max-attempts', '1'],
    });
    await stage.startRunner();
    const { bavail, bsize } = statfsSync(stage.stateDir);
    writeFileSync(join(stage.stateDir, 'ballast'), Buffer.alloc(bavail * bsize - LEFT_BYTES, 1));
    const id = await stage.startRun();
    await stage.waitFor(
      'the run to end',
      async () =>
        (await stage.client.call<{ state: string }>('GET', `/api/v1/runs/${id}`)).state ===
        'failed',
      150_000,
    );
    expect(await stage.ended(id)).toMatchObject({
      state: 'failed',
      error: { code: 'DISK_FULL', remedy: expect.stringContaining('Free space') as string },
    });
  },
  240_000,
);
