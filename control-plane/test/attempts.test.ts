import { describe, expect, it } from 'vitest';
import { batch, logLine, outcomeLine, tableLine } from './fake-records.ts';
import { startRun } from './stage.ts';
import {
  stage,
  useLimits,
  runner,
  nextOffer,
  run,
  waitForState,
  acceptNext,
  finish,
  useDispatch,
} from './dispatch-stage.ts';

useDispatch();

describe('renewed leases', () => {
  useLimits({ leaseTtlMs: 2000 });

  it('last longer than their original duration', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(connection);
    for (let number = 1; number <= 6; number++) {
      connection.send('heartbeat', { number, leases: [ref], running: 1, capacity: 2 });
      expect(await connection.take('heartbeatReply')).toMatchObject({
        number,
        renewed: [{ ref, ttlMs: 2000 }],
        lost: [],
      });
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    expect(await run(ref.runId)).toMatchObject({ state: 'running', attempt: 1 });
  });
});

describe('leases', () => {
  useLimits({ leaseTtlMs: 1200 });

  it('expire, and the next attempt fences off the first', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const first = await acceptNext(connection);
    connection.send('batch', batch(first, 1, [tableLine('Stale'), logLine('from the first')]));
    await connection.take('ack');
    const second = await acceptNext(connection);
    expect(second).toEqual({ runId: first.runId, attempt: 2, epoch: first.epoch + 1 });
    connection.send('heartbeat', { number: 1, leases: [first] });
    expect(await connection.take('heartbeatReply')).toMatchObject({ renewed: [], lost: [first] });
    connection.send('batch', batch(first, 3, [tableLine('Late')]));
    expect(await connection.take('nack')).toMatchObject({ code: 'NACK_CODE_STALE_EPOCH' });
    const lines = [logLine('from the second'), tableLine('Fresh')];
    connection.send('batch', batch(second, 1, [...lines, outcomeLine(lines)], { last: true }));
    await connection.take('ack');
    expect(await run(first.runId)).toMatchObject({
      state: 'success',
      attempt: 2,
      entities: 1,
      records: 3,
      integrity: 'ok',
    });
    const { logs } = (await stage.api.get(`/api/v1/runs/${first.runId}/logs`)).body;
    expect(
      logs.map((line: { attempt: number; message: string }) => [line.attempt, line.message]),
    ).toEqual([
      [1, 'from the first'],
      [2, 'from the second'],
    ]);
  });

  it('that expire at the last attempt fail the run with the reason', async () => {
    const { connection } = await runner();
    const id = await startRun(stage.api);
    await acceptNext(connection);
    await acceptNext(connection);
    expect((await waitForState(id, 'failed'))['error']).toMatchObject({
      code: 'LEASE_LOST',
      message: expect.stringContaining('attempt 2 of 2'),
    });
  });
});

describe('attempts without an outcome', () => {
  it.each([
    [
      'interrupted',
      {
        status: 'interrupted',
        digest: '',
        error: { code: 'WORKER_DIED', message: 'gone', remedy: '', retryable: true },
      },
    ],
    [
      'stopped with its runner',
      {
        status: 'failed',
        error: { code: 'RUNNER_STOPPED', message: 'stopped', remedy: '', retryable: true },
      },
    ],
  ])('are retried when %s', async (_name, outcome) => {
    const { connection } = await runner();
    await startRun(stage.api);
    await finish(connection, await acceptNext(connection), outcome);
    expect(await nextOffer(connection)).toMatchObject({ attempt: 2, epoch: 2 });
  });

  it('are not retried when the job failed', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(connection);
    await finish(connection, ref, {
      status: 'failed',
      error: {
        code: 'SALESFORCE_LOGIN_FAILED',
        message: 'bad password',
        remedy: 'check',
        retryable: false,
      },
    });
    expect(await run(ref.runId)).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { code: 'SALESFORCE_LOGIN_FAILED' },
    });
  });

  it('are retried when the runner reconnects without them', async () => {
    const first = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(first.connection);
    first.connection.close();
    const second = await runner();
    expect(await nextOffer(second.connection)).toEqual({ runId: ref.runId, attempt: 2, epoch: 2 });
  });
});

describe('reconnecting', () => {
  it('reports the position of each attempt that the runner keeps', async () => {
    const first = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(first.connection);
    first.connection.send('batch', batch(ref, 1, [tableLine('A'), tableLine('B')]));
    await first.connection.take('ack');
    first.connection.close();
    const stale = { runId: 'run_unknown', attempt: 1, epoch: 1 };
    const second = await runner({
      held: [
        { ref, durableSequence: 9, running: true },
        { ref: stale, durableSequence: 3 },
      ],
    });
    expect(second.welcome.positions).toEqual([
      { ref, verdict: 'VERDICT_KEEP', storedSequence: 2 },
      { ref: stale, verdict: 'VERDICT_DISCARD', storedSequence: 0 },
    ]);
    const lines = [tableLine('A'), tableLine('B')];
    second.connection.send('batch', batch(ref, 3, [outcomeLine(lines)], { last: true }));
    await second.connection.take('ack');
    expect(await run(ref.runId)).toMatchObject({
      state: 'success',
      attempt: 1,
      records: 3,
      integrity: 'ok',
    });
  });

  it('counts a held attempt as accepted when the answer was lost', async () => {
    const first = await runner();
    const id = await startRun(stage.api);
    const ref = await nextOffer(first.connection);
    first.connection.close();
    const second = await runner({ held: [{ ref, running: true }] });
    expect(second.welcome.positions).toMatchObject([{ verdict: 'VERDICT_KEEP' }]);
    expect(await run(id)).toMatchObject({ state: 'running', attempt: 1 });
  });
});
