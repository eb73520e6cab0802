import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../../test/support/link/scripted-workers.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');
const other = ref('run-2');

async function startRun(
  options: ConstructorParameters<typeof LinkStage>[0] = {},
): Promise<ScriptedWorker> {
  stage = await new LinkStage(options).start().untilConnected();
  return await stage.startRun(run);
}

describe('offers', () => {
  it('are accepted again without starting the attempt again', async () => {
    await startRun();
    await stage.controlPlane.offer(run);
    await stage.until('accepted twice', () => stage.controlPlane.of('accept').length === 2);
    expect(stage.workers.started).toHaveLength(1);
  });

  it('are rejected beyond the capacity until a slot is free', async () => {
    const worker = await startRun({ capacity: 1 });
    await stage.controlPlane.offer(other);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body).toMatchObject({
      ref: other,
      code: 'AT_CAPACITY',
      permanent: false,
    });
    worker.finish();
    await stage.untilForgotten();
    await stage.controlPlane.offer(ref('run-2', 1, 2));
    await stage.until('started', () => stage.workers.started.length === 2);
  });

  it('are rejected again when they arrive again, also if a slot is free by then', async () => {
    const worker = await startRun({ capacity: 1 });
    await stage.controlPlane.offer(other);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    worker.finish();
    await stage.untilForgotten();
    await stage.controlPlane.offer(other);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 2);
    expect(stage.controlPlane.of('reject')[1]!.body).toMatchObject({
      ref: other,
      code: 'AT_CAPACITY',
    });
    expect(stage.workers.started).toHaveLength(1);
  });

  it('are rejected again in the next session, and after too many have waited', async () => {
    const held = Promise.withResolvers<undefined>();
    stage = await new LinkStage({ checkOffer: () => held.promise }).start().untilConnected();
    const { controlPlane } = stage;
    for (let count = 0; count < 70; count++) await controlPlane.offer(ref(`many-${count}`));
    await stage.until('rejected', () => controlPlane.of('reject').length > 0);
    const late = controlPlane.of('reject')[0]!.body.ref as typeof run;
    held.resolve(undefined);
    await stage.until('all answered', () => {
      const answers = controlPlane.of('reject').length + controlPlane.of('accept').length;
      return answers >= 70;
    });
    await controlPlane.channel.close('restart');
    await stage.until('reconnected', () => stage.dials === 2 && stage.connected);
    const before = controlPlane.of('reject').length;
    const started = stage.workers.started.length;
    stage.workers.started[0]!.finish();
    await controlPlane.offer(late);
    await stage.until('rejected again', () => controlPlane.of('reject').length > before);
    expect(controlPlane.of('reject').at(-1)!.body).toMatchObject({
      ref: late,
      code: 'AT_CAPACITY',
      message: 'too many offers are waiting',
    });
    expect(stage.workers.started).toHaveLength(started);
  });

  it('wait for the slot of a worker that is being ended', async () => {
    const worker = await startRun({ capacity: 1 });
    worker.mortal = false;
    await stage.controlPlane.offer(ref('run-1', 2, 5));
    await stage.until('killed', () => worker.killed);
    await stage.clock.advance(1_000);
    expect(stage.workers.started).toHaveLength(1);
    expect(stage.controlPlane.of('reject')).toEqual([]);
    worker.exit();
    await stage.until('started', () => stage.workers.started.length === 2);
    expect(stage.controlPlane.of('reject')).toEqual([]);
  });

  it('are rejected and logged when a killed worker does not end', async () => {
    const worker = await startRun({ capacity: 1 });
    worker.mortal = false;
    stage.controlPlane.lost = [run];
    await stage.until('killed', () => worker.killed, 100);
    await stage.controlPlane.offer(other);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body).toMatchObject({
      ref: other,
      code: 'AT_CAPACITY',
      permanent: false,
    });
    expect(stage.workers.started).toHaveLength(1);
    expect(stage.logger.entries).toContainEqual({
      level: 'warn',
      message: 'job rejected',
      data: expect.objectContaining({ attempt: 'run-2.1.1', code: 'AT_CAPACITY' }) as object,
    });
    worker.exit();
    await stage.controlPlane.offer(ref('run-2', 1, 2));
    await stage.until('started', () => stage.workers.started.length === 2);
  });

  it('start no worker before one that delivered everything has ended', async () => {
    const worker = await startRun({ capacity: 1 });
    worker.outbox.append({ kind: 'outcome', status: 'success' }, true);
    await stage.until('delivered', () => stage.link.status().attempts[0]?.state === 'gone');
    await stage.controlPlane.offer(other);
    await stage.clock.advance(1_000);
    expect(stage.workers.started).toHaveLength(1);
    worker.exit();
    await stage.until('started', () => stage.workers.started.length === 2);
  });

  it.each([
    ['when of an unknown kind', { kind: 'shell' }, 'JOB_KIND_UNSUPPORTED', true],
    ['when not UTF-8 text', { workflow: Buffer.from([0xff, 0xfe]) }, 'JOB_INVALID', true],
    ['when too large', { workflow: Buffer.alloc(600_000, 'x') }, 'JOB_INVALID', true],
  ])('are rejected and leave nothing behind %s', async (_case, offer, code, permanent) => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run, offer);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body).toMatchObject({ code, permanent });
    expect(stage.store.all).toEqual([]);
  });

  it('are rejected before they are journaled when the local policy denies them', async () => {
    stage = await new LinkStage({
      checkOffer: async () => new RunnerError('POLICY_DENIED', 'not here'),
    })
      .start()
      .untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body).toMatchObject({
      code: 'POLICY_DENIED',
      permanent: true,
    });
    expect(stage.store.all).toEqual([]);
  });

  it('are rejected when their lease may have expired, and accepted when they arrive in time', async () => {
    const stage = await new LinkStage().start().untilConnected();
    const { controlPlane, clock, workers } = stage;
    const answered = controlPlane.of('heartbeat').length;
    await controlPlane.offer(ref('run-1'));
    clock.suspend(51_000);
    await stage.until('rejected', () => controlPlane.of('reject').length === 1);
    expect(controlPlane.of('reject')[0]?.body).toMatchObject({
      code: 'LEASE_LOST',
      permanent: false,
    });
    await stage.until(
      'a heartbeat was answered',
      () => controlPlane.of('heartbeat').length > answered + 1,
      500,
    );
    await controlPlane.offer(ref('run-1', 1, 2));
    await stage.until('started', () => workers.started.length === 1);
    expect(workers.started[0]?.ref.epoch).toBe(2);
    await stage.close();
  });

  it('end the session when their run id is a path', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer({ ...run, runId: '../../etc' as typeof run.runId });
    await stage.until('reconnected', () => stage.dials === 2);
    expect(stage.store.all).toEqual([]);
  });

  it('end the session when they are for attempt 0', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer({ ...run, attempt: 0 });
    await stage.until('reconnected', () => stage.dials === 2);
    expect(stage.store.all).toEqual([]);
  });

  it('replace an older attempt, and are rejected when a newer one runs', async () => {
    const worker = await startRun();
    await stage.controlPlane.offer(ref('run-1', 2, 5));
    await stage.until('replaced', () => stage.workers.started.length === 2);
    expect(worker.killed).toBe(true);
    await stage.controlPlane.offer(ref('run-1', 1, 3));
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body).toMatchObject({
      code: 'ATTEMPT_STALE',
      permanent: false,
    });
    expect(stage.workers.started).toHaveLength(2);
  });

  it('are rejected while the control plane drains the runner', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.send({ kind: 'drain', body: { reason: 'maintenance' } });
    await stage.until('reported', () => stage.controlPlane.of('heartbeat').at(-1)!.body.draining);
    await stage.controlPlane.offer(run);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body.code).toBe('DRAINING');
  });
});
