import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../../test/support/link/scripted-workers.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');
const other = ref('run-2');

async function startRun(): Promise<ScriptedWorker> {
  stage = await new LinkStage().start().untilConnected();
  return await stage.startRun(run);
}

describe('an attempt without room on disk', () => {
  it('ends with DISK_FULL after a minute when nothing is left to deliver', async () => {
    const worker = await startRun();
    worker.write(3);
    await stage.until('delivered', () => worker.outbox.acknowledged() === 3);
    worker.obedient = false;
    worker.condition('DISK_FULL');
    await stage.clock.advance(50_000);
    expect(worker.stops).toEqual([]);
    worker.condition(undefined);
    await stage.clock.advance(2_000);
    worker.condition('DISK_FULL');
    await stage.clock.advance(59_000);
    expect(worker.stops).toEqual([]);
    await stage.clock.advance(4_000);
    expect(worker.stops).toMatchObject([{ status: 'interrupted', reason: { code: 'DISK_FULL' } }]);
    worker.kill();
    await stage.untilForgotten();
    expect(stage.outcomeOf(run)).toMatchObject({
      kind: 'outcome',
      error: { code: 'DISK_FULL', retryable: true },
    });
  });

  it('waits while records of another attempt can be delivered', async () => {
    stage = await new LinkStage().start().untilConnected();
    for (const each of [run, other])
      await stage.controlPlane.offer(each, { leaseTtlMs: 3_600_000 });
    await stage.until('started', () => stage.workers.started.length === 2);
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    await stage.controlPlane.channel.close('cut');
    stage.workers.of(other).write(3);
    stage.workers.of(run).condition('DISK_FULL');
    for (let step = 0; step < 30; step++) await stage.clock.advance(10_000);
    expect(stage.workers.of(run).stops).toEqual([]);
    stage.unreachable = undefined;
    await stage.until('abandoned', () => stage.workers.of(run).stops.length === 1, 1_000);
  });

  it('waits while its own records can be delivered', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run, { leaseTtlMs: 3_600_000 });
    await stage.until('started', () => stage.link.status().attempts[0]?.state === 'running');
    const worker = stage.workers.of(run);
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    await stage.controlPlane.channel.close('cut');
    worker.write(3);
    worker.condition('DISK_FULL');
    for (let step = 0; step < 60; step++) await stage.clock.advance(10_000);
    expect(worker.stops).toEqual([]);
  });
});
