import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../test/support/link/link-stage.ts';
import { MemoryOutboxStore } from '../../test/support/link/memory-outbox.ts';
import type { ScriptedWorker } from '../../test/support/link/scripted-workers.ts';
import { RunnerError } from '../runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');
const other = ref('run-2');

async function working(
  options: ConstructorParameters<typeof LinkStage>[0] = {},
): Promise<ScriptedWorker> {
  stage = await new LinkStage(options).start().untilConnected();
  await stage.controlPlane.offer(run);
  await stage.until('started', () => stage.link.status().attempts[0]?.state === 'running');
  return stage.workers.of(run);
}

function received(worker: ScriptedWorker): void {
  const { lines, complete } = stage.controlPlane.stream(worker.ref);
  expect(lines.map((line) => `${line}\n`)).toEqual(worker.outbox.lines);
  expect(complete).toBe(true);
}

async function forgotten(): Promise<void> {
  await stage.until('forgotten', () => stage.store.held().length === 0);
}

describe('a link', () => {
  it('takes an offer, runs it, delivers every record once and forgets it', async () => {
    const worker = await working();
    worker.write(500, 2_000);
    worker.finish();
    await forgotten();
    received(worker);
    expect(stage.controlPlane.of('accept')).toHaveLength(1);
    expect(stage.link.status()).toMatchObject({
      state: { name: 'connected', channel: 'memory' },
      running: 0,
      attempts: [],
    });
  });

  it('says who it is and what it can do', async () => {
    stage = await new LinkStage().start().untilConnected();
    expect(stage.controlPlane.statements[0]).toMatchObject({
      runnerId: 'runner-1',
      protocol: 1,
      runnerVersion: '1.2.3',
      features: ['zstd'],
      capacity: 2,
      held: [],
      draining: false,
      authority: 'plane.example.com:443',
      jobKinds: ['metadata', 'test_connection'],
    });
  });

  it('compresses only when both sides do', async () => {
    stage = new LinkStage();
    stage.controlPlane.welcome = { features: [] };
    await stage.start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('started', () => stage.workers.started.length === 1);
    stage.workers.of(run).write(20, 1_000);
    await stage.until('delivered', () => stage.controlPlane.stream(run).lines.length === 20);
    expect(new Set(stage.controlPlane.of('batch').map(({ body }) => body.codec))).toEqual(
      new Set(['CODEC_NONE']),
    );
  });

  it('sends progress at most twice a second, the newest word only', async () => {
    const worker = await working();
    for (let done = 1; done <= 10; done++) {
      worker.progress(done);
      await stage.clock.advance(100);
    }
    await stage.clock.advance(1_000);
    const sent = stage.controlPlane.of('progress').map(({ body }) => body.done);
    expect(sent.length).toBeLessThanOrEqual(4);
    expect(sent.at(-1)).toBe(10);
  });
});

describe('delivery', () => {
  it('goes on behind what was stored when the channel breaks, without doubles', async () => {
    const worker = await working();
    worker.write(100, 3_000);
    await stage.until('some stored', () => stage.controlPlane.stream(run).lines.length > 50);
    await stage.controlPlane.channel.close('cut');
    worker.write(100, 3_000);
    worker.finish();
    await forgotten();
    received(worker);
    expect(stage.controlPlane.statements[1]!.held[0]).toMatchObject({
      ref: run,
      running: false,
      complete: true,
    });
  });

  it('sends nothing again that was stored though its acknowledgement was lost', async () => {
    const worker = await working();
    stage.controlPlane.acknowledges = false;
    worker.write(50);
    await stage.until('stored', () => stage.controlPlane.stream(run).lines.length === 50);
    await stage.controlPlane.channel.close('cut');
    stage.controlPlane.acknowledges = true;
    await stage.until(
      'reconnected',
      () => stage.controlPlane.statements.length === 2 && stage.connected,
    );
    worker.finish();
    await forgotten();
    received(worker);
    const firsts = stage.controlPlane.of('batch').map(({ body }) => body.firstSequence);
    expect(firsts).toEqual([...new Set(firsts)]);
  });

  it('forgets an attempt whose last acknowledgement was lost', async () => {
    const worker = await working();
    stage.controlPlane.acknowledges = false;
    worker.write(5);
    worker.finish();
    await stage.until('stored', () => stage.controlPlane.stream(run).complete);
    await stage.controlPlane.channel.close('cut');
    await forgotten();
    received(worker);
  });

  it('sends a batch again that arrived corrupt, uncompressed', async () => {
    stage = await new LinkStage().start().untilConnected();
    let refusals = 2;
    stage.controlPlane.onBatch = ({ ref: refused }) =>
      refusals-- > 0
        ? {
            kind: 'nack',
            body: { ref: refused, code: 'NACK_CODE_CORRUPT', expectedSequence: 0, message: 'crc' },
          }
        : undefined;
    await stage.controlPlane.offer(run);
    await stage.until('started', () => stage.workers.started.length === 1);
    const worker = stage.workers.of(run);
    worker.write(20, 500);
    worker.finish();
    await forgotten();
    received(worker);
    expect(stage.controlPlane.of('batch').map(({ body }) => body.codec)).toContain('CODEC_NONE');
    expect(stage.dials).toBe(1);
  });

  it('drops an attempt whose batch is found corrupt again and again, and serves the others', async () => {
    const worker = await working();
    await stage.controlPlane.offer(other);
    await stage.until('both at work', () => stage.workers.started.length === 2);
    stage.controlPlane.onBatch = ({ ref: refused }) =>
      refused?.runId === run.runId
        ? {
            kind: 'nack',
            body: { ref: refused, code: 'NACK_CODE_CORRUPT', expectedSequence: 0, message: 'crc' },
          }
        : undefined;
    worker.write(5);
    stage.workers.of(other).write(5);
    stage.workers.of(other).finish();
    await forgotten();
    expect(worker.killed).toBe(true);
    received(stage.workers.of(other));
    expect(stage.dials).toBe(1);
  });

  it('goes back to where the control plane expects it, once for many refusals', async () => {
    const worker = await working();
    let dropped = false;
    stage.controlPlane.onBatch = ({ firstSequence }) => {
      if (dropped || firstSequence === 1) return undefined;
      dropped = true;
      return 'silence';
    };
    worker.write(3_000, 1_000);
    worker.finish();
    await forgotten();
    received(worker);
    expect(stage.dials).toBe(1);
    expect(stage.controlPlane.of('batch').length).toBeLessThan(40);
  });

  it('never has more in flight than the window', async () => {
    stage = new LinkStage();
    stage.controlPlane.welcome = { creditBytes: 100_000, features: [] };
    stage.controlPlane.acknowledges = false;
    await stage.start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.controlPlane.offer(other);
    await stage.until('started', () => stage.workers.started.length === 2);
    for (const worker of stage.workers.started) worker.write(200, 3_000);
    const total = (): number =>
      stage.controlPlane.stream(run).lines.length + stage.controlPlane.stream(other).lines.length;
    for (let last = -1; total() < 400; last = total()) {
      if (total() === last)
        for (const held of [run, other])
          if (stage.controlPlane.stream(held).lines.length > 0)
            await stage.controlPlane.acknowledge(held);
      await stage.until('a while', () => true);
      await stage.clock.advance(20);
    }
    expect(stage.controlPlane.maxInFlight).toBeLessThanOrEqual(100_000);
    expect(stage.controlPlane.maxInFlight).toBeGreaterThan(50_000);
  });

  it('gives up a channel on which batches stay unanswered', async () => {
    const worker = await working();
    stage.controlPlane.onBatch = () => 'silence';
    worker.write(5);
    await stage.until('reconnected', () => stage.dials === 2, 500);
    expect(
      stage.logger.entries.some(({ data }) =>
        String(data['error']).includes('did not acknowledge'),
      ),
    ).toBe(true);
  });

  it('drops an attempt with a record larger than the control plane takes', async () => {
    stage = new LinkStage();
    stage.controlPlane.welcome = { maxBatchBytes: 1_000, features: [] };
    await stage.start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('started', () => stage.workers.started.length === 1);
    stage.workers.of(run).write(1, 5_000);
    await forgotten();
    expect(stage.workers.of(run).killed).toBe(true);
    expect(stage.dials).toBe(1);
  });

  it.each(['NACK_CODE_STALE_EPOCH', 'NACK_CODE_UNKNOWN_RUN'] as const)(
    'stops and deletes an attempt refused with %s',
    async (code) => {
      const worker = await working();
      stage.controlPlane.onBatch = ({ ref: stale }) => ({
        kind: 'nack',
        body: { ref: stale, code, expectedSequence: 0, message: '' },
      });
      worker.write(1);
      await forgotten();
      expect(worker.killed).toBe(true);
      expect(worker.outbox.discarded).toBe(true);
      expect(stage.dials).toBe(1);
    },
  );

  it('ends the session when the control plane acknowledges what was not sent', async () => {
    await working();
    await stage.controlPlane.send({ kind: 'ack', body: { ref: run, upTo: 99 } });
    await stage.until('reconnected', () => stage.dials === 2);
    expect(
      stage.logger.entries.some(({ data }) =>
        String(data['error']).startsWith('PROTOCOL_VIOLATION'),
      ),
    ).toBe(true);
  });
});

describe('offers', () => {
  it('that come again are accepted again and start nothing', async () => {
    await working();
    await stage.controlPlane.offer(run);
    await stage.until('accepted twice', () => stage.controlPlane.of('accept').length === 2);
    expect(stage.workers.started).toHaveLength(1);
  });

  it('beyond capacity are rejected until a place is free', async () => {
    const worker = await working({ capacity: 1 });
    await stage.controlPlane.offer(other);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body).toMatchObject({
      ref: other,
      code: 'AT_CAPACITY',
      permanent: false,
    });
    worker.finish();
    await forgotten();
    await stage.controlPlane.offer(other);
    await stage.until('started', () => stage.workers.started.length === 2);
  });

  it('wait for the place of a worker that is being ended, so that there are never more processes than places', async () => {
    const worker = await working({ capacity: 1 });
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

  it('are rejected when a worker that was killed does not give its place back, and the log says so', async () => {
    const worker = await working({ capacity: 1 });
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
    await stage.controlPlane.offer(other);
    await stage.until('started', () => stage.workers.started.length === 2);
  });

  it('are rejected while a worker that has delivered everything lingers', async () => {
    const worker = await working({ capacity: 1 });
    worker.outbox.append({ kind: 'outcome', status: 'success' }, true);
    await stage.until('delivered', () => stage.link.status().attempts[0]?.state === 'gone');
    await stage.controlPlane.offer(other);
    await stage.clock.advance(1_000);
    expect(stage.workers.started).toHaveLength(1);
    worker.exit();
    await stage.until('started', () => stage.workers.started.length === 2);
  });

  it.each([
    ['of an unknown kind', { kind: 'shell' }, 'JOB_KIND_UNSUPPORTED', true],
    ['that are not text', { workflow: Buffer.from([0xff, 0xfe]) }, 'JOB_INVALID', true],
    ['that are huge', { workflow: Buffer.alloc(600_000, 'x') }, 'JOB_INVALID', true],
  ])('%s are rejected and leave nothing behind', async (_what, offer, code, permanent) => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run, offer);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body).toMatchObject({ code, permanent });
    expect(stage.store.all).toEqual([]);
  });

  it('that the local policy denies are rejected before anything is journalled', async () => {
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

  it('that cannot be journalled are rejected, and the heartbeat says why', async () => {
    stage = await new LinkStage().start().untilConnected();
    stage.store.failure = new RunnerError('DISK_FULL', 'no room');
    await stage.controlPlane.offer(run);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body).toMatchObject({
      code: 'DISK_FULL',
      permanent: false,
    });
    await stage.until(
      'said so',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === 'DISK_FULL',
      500,
    );
    await stage.until(
      'well again',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === '',
      1_000,
    );
  });

  it('are better sent elsewhere while a worker waits for room on disk, and the heartbeat says so at once', async () => {
    const worker = await working();
    worker.condition('DISK_FULL');
    await stage.until(
      'said so',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === 'DISK_FULL',
      20,
      20,
    );
    expect(stage.link.status().attempts).toMatchObject([
      { state: 'running', condition: 'DISK_FULL' },
    ]);
    worker.condition(undefined);
    await stage.until(
      'well again',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === '',
      20,
      20,
    );
  });

  it('are better sent elsewhere while there is no room for the outcome of a dead worker', async () => {
    const worker = await working();
    stage.store.closeFailure = new RunnerError('DISK_FULL', 'no room');
    worker.kill();
    await stage.until(
      'said so',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === 'DISK_FULL',
    );
    stage.store.closeFailure = undefined;
    await stage.until(
      'well again',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.condition === '',
    );
    await forgotten();
  });

  it('whose lease may be over when they are read are rejected for now, and taken when they come again in time', async () => {
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

  it('with a path as run id end the session', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer({ ...run, runId: '../../etc' as typeof run.runId });
    await stage.until('reconnected', () => stage.dials === 2);
    expect(stage.store.all).toEqual([]);
  });

  it('of an attempt before the first end the session', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer({ ...run, attempt: 0 });
    await stage.until('reconnected', () => stage.dials === 2);
    expect(stage.store.all).toEqual([]);
  });

  it('of a newer attempt replace the older one, and older ones are refused', async () => {
    const worker = await working();
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

  it('are not taken while the control plane drains this runner', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.send({ kind: 'drain', body: { reason: 'maintenance' } });
    await stage.until('said so', () => stage.controlPlane.of('heartbeat').at(-1)!.body.draining);
    await stage.controlPlane.offer(run);
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    expect(stage.controlPlane.of('reject')[0]!.body.code).toBe('DRAINING');
  });
});

describe('attempts', () => {
  it('are cancelled through their worker, and the outcome is delivered', async () => {
    const worker = await working();
    await stage.controlPlane.send({
      kind: 'cancel',
      body: { ref: run, reason: 'not wanted\u001b[31m' },
    });
    await forgotten();
    expect(worker.stops).toMatchObject([
      { status: 'cancelled', reason: { code: 'CANCELLED', message: 'not wanted [31m' } },
    ]);
    received(worker);
  });

  it('expire at their deadline, the shorter of the two', async () => {
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

  it('are given the state of the catalog that their offer names, if it names one', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run, { catalogRevision: 'r1' });
    await stage.controlPlane.offer(other);
    await stage.until('both started', () => stage.workers.started.length === 2);
    expect(stage.workers.started.map(({ job }) => job.catalogRevision)).toEqual(['r1', undefined]);
  });

  it('whose worker dies get an interrupted outcome', async () => {
    const worker = await working();
    worker.write(3);
    worker.kill();
    await forgotten();
    expect(JSON.parse(stage.controlPlane.stream(run).lines.at(-1)!)).toMatchObject({
      kind: 'outcome',
      status: 'interrupted',
      error: { code: 'WORKER_DIED' },
    });
  });

  it('whose worker cannot be started get an interrupted outcome', async () => {
    stage = await new LinkStage({
      startWorker: async () => {
        throw new Error('no processes left');
      },
    })
      .start()
      .untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('delivered', () => stage.controlPlane.stream(run).complete);
    await forgotten();
    expect(JSON.parse(stage.controlPlane.stream(run).lines.at(-1)!)).toMatchObject({
      status: 'interrupted',
      error: { code: 'WORKER_DIED' },
    });
  });

  it('are given up when the control plane says that their lease is lost', async () => {
    const worker = await working();
    stage.controlPlane.lost = [run];
    await forgotten();
    expect(worker.killed).toBe(true);
    expect(stage.controlPlane.stream(run).complete).toBe(false);
  });

  it('are given up before their lease ends at the control plane, when the link stays away', async () => {
    const worker = await working();
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    await stage.controlPlane.channel.close('cut');
    const cutAt = stage.clock.monotonic();
    await stage.until('given up', () => worker.killed, 100);
    expect(stage.clock.monotonic() - cutAt).toBeGreaterThan(30_000);
    expect(stage.clock.monotonic() - cutAt).toBeLessThanOrEqual(50_000);
    await forgotten();
  });

  it('are told of their lease at their start and at each renewal, so that they can end by themselves', async () => {
    const worker = await working();
    const startedAt = stage.clock.uptime();
    expect(worker.leases[0]).toBeLessThanOrEqual(startedAt + 50_000);
    expect(worker.leases[0]).toBeGreaterThan(startedAt + 45_000);
    await stage.until('renewed', () => worker.leases.length > 2, 500);
    expect(worker.leases.at(-1)).toBeGreaterThan(startedAt + 60_000);
    expect(worker.leases.at(-1)).toBeLessThanOrEqual(stage.clock.uptime() + 50_000);
  });

  it('whose lease ran out while the machine was suspended are given up, whatever a late answer says', async () => {
    const worker = await working();
    stage.clock.suspend(600_000);
    await stage.until('given up', () => worker.killed, 100, 20);
  });

  it('that ended by themselves when their lease was over say so', async () => {
    const worker = await working();
    stage.clock.suspend(600_000);
    worker.kill();
    await forgotten();
    expect(JSON.parse(stage.controlPlane.stream(run).lines.at(-1)!)).toMatchObject({
      kind: 'outcome',
      status: 'interrupted',
      error: { code: 'LEASE_LOST' },
    });
  });

  it('keep their lease while heartbeats are answered, whatever the wall clock does', async () => {
    const worker = await working();
    for (let minute = 0; minute < 5; minute++) {
      stage.clock.jump(minute % 2 === 0 ? 7_200_000 : -7_200_000);
      for (let step = 0; step < 600; step++) await stage.clock.advance(100);
    }
    expect(worker.killed).toBe(false);
    expect(stage.dials).toBe(1);
  });

  it('that have no room on disk, and nothing to deliver that could make some, end after a minute and say why', async () => {
    const worker = await working();
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
    await forgotten();
    expect(JSON.parse(stage.controlPlane.stream(run).lines.at(-1)!)).toMatchObject({
      kind: 'outcome',
      error: { code: 'DISK_FULL', retryable: true },
    });
  });

  it('wait for room on disk as long as something of another attempt is to be delivered', async () => {
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
    await stage.until('given up', () => stage.workers.of(run).stops.length === 1, 1_000);
  });

  it('wait for room on disk as long as something of them is to be delivered', async () => {
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

  it('whose files cannot be deleted are tried again until they are gone', async () => {
    const worker = await working();
    stage.store.discardFailure = new RunnerError('SINK_FAILED', 'a disk error');
    stage.controlPlane.lost = [run];
    await stage.until('killed', () => worker.killed, 100);
    await stage.clock.advance(30_000);
    expect(stage.link.status().attempts).toMatchObject([{ state: 'gone' }]);
    stage.store.discardFailure = undefined;
    await stage.until('deleted', () => stage.link.status().attempts.length === 0, 500);
    expect(worker.outbox.discarded).toBe(true);
  });

  it('of a revoked runner are deleted with it, also those that had ended', async () => {
    const worker = await working();
    stage.controlPlane.acknowledges = false;
    worker.write(3);
    worker.finish();
    await stage.controlPlane.offer(other);
    await stage.until('started', () => stage.workers.started.length === 2);
    await stage.controlPlane.send({
      kind: 'refusal',
      body: { code: 'RUNNER_REVOKED', message: 'revoked', permanent: true, retryAfterMs: 0 },
    });
    await stage.until('ended', () => stage.ended !== undefined, 100);
    expect(stage.store.held()).toEqual([]);
    expect(stage.store.all.map(({ discarded }) => discarded)).toEqual([true, true]);
  });

  it('of a runner that another process has superseded are kept for when it is back', async () => {
    const worker = await working();
    stage.controlPlane.acknowledges = false;
    worker.finish();
    await stage.controlPlane.send({
      kind: 'refusal',
      body: { code: 'SUPERSEDED', message: 'elsewhere', permanent: true, retryAfterMs: 0 },
    });
    await stage.until('waiting', () => stage.link.status().state.name === 'waiting', 100);
    expect(stage.ended).toBeUndefined();
    expect(stage.store.held()).toHaveLength(1);
    stage.controlPlane.acknowledges = true;
    await stage.until('forgotten', () => stage.store.held().length === 0, 500);
    received(worker);
  });

  it('whose outcome is on disk are kept when the lease ends before their worker does', async () => {
    const worker = await working();
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    await stage.controlPlane.channel.close('cut');
    worker.write(10);
    worker.outbox.append({ kind: 'outcome' }, true);
    for (let step = 0; step < 100; step++) await stage.clock.advance(1_000);
    expect(worker.killed).toBe(false);
    expect(stage.store.held()).toHaveLength(1);
    stage.unreachable = undefined;
    await forgotten();
    received(worker);
  });

  it('that ended are kept for delivery however long the link is away', async () => {
    const worker = await working();
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    await stage.controlPlane.channel.close('cut');
    worker.write(10);
    worker.finish();
    for (let step = 0; step < 600; step++) await stage.clock.advance(1_000);
    expect(stage.store.held()).toHaveLength(1);
    stage.unreachable = undefined;
    await stage.until('forgotten', () => stage.store.held().length === 0, 1_000);
    received(worker);
  });
});

describe('another process with the same identity', () => {
  const check = (number: number) =>
    stage.controlPlane.send({
      kind: 'identityCheck',
      body: { number, platform: 'linux x64\u001b[31m', version: '1.0.0' },
    });
  const warnings = () =>
    stage.logger.entries.filter(({ data }) => data['code'] === 'IDENTITY_IN_USE');

  it('is answered with a heartbeat at once, and people are told', async () => {
    const worker = await working();
    await check(1);
    await stage.until(
      'answered',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.identityCheck === 1,
      20,
      20,
    );
    expect(warnings()).toMatchObject([
      {
        level: 'warn',
        data: {
          otherPlatform: 'linux x64 [31m',
          remedy: expect.stringContaining('enroll --replace'),
        },
      },
    ]);
    expect(stage.link.status()).toMatchObject({
      state: { name: 'connected' },
      identityConflict: { version: '1.0.0', at: expect.any(Number) },
    });
    expect(worker.killed).toBe(false);
  });

  it('is warned of once in a while, and forgotten when it no longer comes', async () => {
    stage = await new LinkStage().start().untilConnected();
    await check(1);
    await stage.until(
      'answered',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.identityCheck === 1,
    );
    await check(2);
    await stage.until(
      'answered again',
      () => stage.controlPlane.of('heartbeat').at(-1)!.body.identityCheck === 2,
    );
    expect(warnings()).toHaveLength(1);
    for (let step = 0; step < 400; step++) await stage.clock.advance(1_000);
    expect(stage.link.status().identityConflict).toBeUndefined();
  });
});

describe('after a restart, a link', () => {
  it('closes what was at work as interrupted and delivers all of it', async () => {
    const store = new MemoryOutboxStore();
    const outbox = store.add(run);
    outbox.append({ kind: 'log' });
    outbox.append({ kind: 'log' });
    stage = new LinkStage({}, store);
    stage.controlPlane.stream(run).lines.push('{"kind":"log"}');
    await stage.start().untilConnected();
    await forgotten();
    expect(stage.controlPlane.statements[0]!.held).toMatchObject([
      { ref: run, durableSequence: 3, running: false, complete: true },
    ]);
    expect(stage.controlPlane.stream(run).lines).toHaveLength(3);
    expect(JSON.parse(stage.controlPlane.stream(run).lines[2]!)).toMatchObject({
      status: 'interrupted',
      error: { code: 'RUNNER_STOPPED' },
    });
  });

  it('writes the outcome of what was at work as soon as there is room for it', async () => {
    const store = new MemoryOutboxStore();
    store.add(run).append({ kind: 'log' });
    store.closeFailure = new RunnerError('DISK_FULL', 'no room');
    stage = await new LinkStage({}, store).start().untilConnected();
    await stage.clock.advance(20_000);
    expect(stage.controlPlane.stream(run).complete).toBe(false);
    store.closeFailure = undefined;
    await forgotten();
    expect(JSON.parse(stage.controlPlane.stream(run).lines[1]!)).toMatchObject({
      status: 'interrupted',
      error: { code: 'RUNNER_STOPPED' },
    });
  });

  it('discards what the control plane does not want any more', async () => {
    const store = new MemoryOutboxStore();
    store.add(run).append({ kind: 'outcome' }, true);
    stage = new LinkStage({}, store);
    stage.controlPlane.verdict = () => 'VERDICT_DISCARD';
    await stage.start().untilConnected();
    await forgotten();
    expect(stage.controlPlane.of('batch')).toEqual([]);
  });

  it.each([
    ['has lost what it acknowledged', 1, 0, 'lost records'],
    ['has more than this runner', 0, 5, 'no longer has'],
  ])(
    'gives up an attempt of which the control plane %s, and says so',
    async (_what, acknowledged, stored, words) => {
      const store = new MemoryOutboxStore();
      const outbox = store.add(run);
      outbox.append({ kind: 'log' });
      outbox.append({ kind: 'outcome' }, true);
      await outbox.acknowledge(acknowledged);
      stage = new LinkStage({}, store);
      stage.controlPlane.stream(run).lines.push(...Array.from({ length: stored }, () => '{}'));
      await stage.start().untilConnected();
      await forgotten();
      expect(
        stage.logger.entries.some(
          ({ message, data }) =>
            message === 'attempt dropped' && String(data['reason']).includes(words),
        ),
      ).toBe(true);
    },
  );

  it('keeps everything when the welcome leaves an attempt out', async () => {
    const store = new MemoryOutboxStore();
    store.add(run).append({ kind: 'outcome' }, true);
    stage = new LinkStage({}, store);
    stage.controlPlane.welcome = { positions: [] };
    stage.start();
    await stage.until('tried again', () => stage.dials >= 2, 100);
    expect(store.held()).toHaveLength(1);
  });
});
