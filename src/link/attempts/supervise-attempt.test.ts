import { afterEach, describe, expect, it } from 'vitest';
import { expectDelivered, LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../../test/support/link/scripted-workers.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');
const other = ref('run-2');

async function startRun(): Promise<ScriptedWorker> {
  stage = await new LinkStage().start().untilConnected();
  return await stage.startRun(run);
}

describe('an attempt', () => {
  it('is canceled through its worker, whose outcome is delivered', async () => {
    const worker = await startRun();
    await stage.controlPlane.send({
      kind: 'cancel',
      body: { ref: run, reason: 'not wanted\u001b[31m' },
    });
    await stage.untilForgotten();
    expect(worker.stops).toMatchObject([
      { status: 'cancelled', reason: { code: 'CANCELLED', message: 'not wanted [31m' } },
    ]);
    expectDelivered(stage, worker);
  });

  it('expires at the shorter of both deadlines', async () => {
    stage = await new LinkStage({ jobDeadlineMs: 60_000 }).start().untilConnected();
    await stage.controlPlane.offer(run, { deadlineMs: 5_000 });
    await stage.controlPlane.offer(other, { deadlineMs: 999_000 });
    await stage.until(
      'both expired',
      () =>
        stage.workers.started.length === 2 &&
        stage.workers.started.every(({ stops }) => stops.length === 1),
      500,
    );
    expect(
      stage.workers.started.map(({ stops, job }) => [stops[0]!.status, job.deadlineMs]),
    ).toEqual([
      ['expired', 5_000],
      ['expired', 60_000],
    ]);
  });

  it('passes the catalog revision of its offer to the worker', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run, { catalogRevision: 'r1' });
    await stage.controlPlane.offer(other);
    await stage.until('both started', () => stage.workers.started.length === 2);
    expect(stage.workers.started.map(({ job }) => job.catalogRevision)).toEqual(['r1', undefined]);
  });

  it('gets an interrupted outcome when its worker dies', async () => {
    const worker = await startRun();
    worker.write(3);
    worker.kill();
    await stage.untilForgotten();
    expect(stage.outcomeOf(run)).toMatchObject({
      kind: 'outcome',
      status: 'interrupted',
      error: { code: 'WORKER_DIED' },
    });
  });

  it('gets an interrupted outcome when its worker cannot be started', async () => {
    stage = await new LinkStage({
      startWorker: async () => {
        throw new Error('no processes left');
      },
    })
      .start()
      .untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('delivered', () => stage.controlPlane.stream(run).complete);
    await stage.untilForgotten();
    expect(stage.outcomeOf(run)).toMatchObject({
      status: 'interrupted',
      error: { code: 'WORKER_DIED' },
    });
  });
});
