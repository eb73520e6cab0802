import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../../test/support/link/scripted-workers.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');

async function startRun(): Promise<ScriptedWorker> {
  stage = await new LinkStage().start().untilConnected();
  return await stage.startRun(run);
}

describe('the condition in heartbeats', () => {
  it('is DISK_FULL for a while after an offer could not be journaled', async () => {
    stage = await new LinkStage().start().untilConnected();
    stage.store.failure = new RunnerError('DISK_FULL', 'no room');
    await stage.controlPlane.offer(run);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body).toMatchObject({
      code: 'DISK_FULL',
      permanent: false,
    });
    await stage.until(
      'reported',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === 'DISK_FULL',
      500,
    );
    await stage.until(
      'cleared',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === '',
      1_000,
    );
  });

  it('is DISK_FULL at once while a worker waits for room on disk', async () => {
    const worker = await startRun();
    worker.condition('DISK_FULL');
    await stage.until(
      'reported',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === 'DISK_FULL',
      20,
      20,
    );
    expect(stage.link.status().attempts).toMatchObject([
      { state: 'running', condition: 'DISK_FULL' },
    ]);
    worker.condition(undefined);
    await stage.until(
      'cleared',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === '',
      20,
      20,
    );
  });

  it('is DISK_FULL while the outcome of a dead worker cannot be written', async () => {
    const worker = await startRun();
    stage.store.closeFailure = new RunnerError('DISK_FULL', 'no room');
    worker.kill();
    await stage.until(
      'reported',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === 'DISK_FULL',
    );
    stage.store.closeFailure = undefined;
    await stage.until(
      'cleared',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === '',
    );
    await stage.untilForgotten();
  });
});
