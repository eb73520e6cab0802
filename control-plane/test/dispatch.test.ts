import { describe, expect, it } from 'vitest';
import { batch, outcomeLine, tableLine } from './fake-records.ts';
import type { Connection } from './fake-runner.ts';
import { eventually, prepareCatalog, startRun } from './stage.ts';
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

describe('offers', () => {
  it('offers a queued run to a runner that connects later', async () => {
    const id = await startRun(stage.api);
    expect(await run(id)).toMatchObject({ state: 'queued', attempt: 1 });
    const { connection } = await runner();
    expect((await acceptNext(connection)).runId).toBe(id);
  });

  it('offers a runner no more runs than its capacity', async () => {
    const { connection } = await runner({ capacity: 1 });
    const first = await startRun(stage.api);
    const second = await startRun(stage.api);
    const ref = await acceptNext(connection);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([ref.runId, (await run(second))['state']]).toEqual([first, 'queued']);
    await finish(connection, ref);
    expect((await nextOffer(connection)).runId).toBe(second);
  });

  it('offers nothing to a draining runner', async () => {
    await runner({ draining: true });
    const id = await startRun(stage.api);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await run(id)).toMatchObject({ state: 'queued' });
  });

  it('offers nothing to a runner that reports a condition, until it reports none', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    await finish(connection, await acceptNext(connection));
    const report = async (number: number, condition: string): Promise<void> => {
      connection.send('heartbeat', { number, capacity: 2, condition });
      await connection.take('heartbeatReply');
    };
    await report(1, 'DISK_FULL');
    const id = await startRun(stage.api);
    await eventually(async () => (await run(id))['waiting'] !== null);
    expect(await run(id)).toMatchObject({ waiting: { code: 'RUNNER_UNHEALTHY' } });
    await report(2, '');
    expect((await acceptNext(connection)).runId).toBe(id);
  });

  it('offers runs of a service with a runner only to that runner', async () => {
    const identity = await stage.enroll('second');
    await prepareCatalog(stage.api, 'second');
    await runner();
    const second = await runner({}, identity);
    const id = await startRun(stage.api);
    expect((await acceptNext(second.connection)).runId).toBe(id);
  });

  it('prefers the runner that remembers the catalog over one with more capacity', async () => {
    const first = await runner({ capacity: 1 });
    const done = async (
      connection: Connection,
      lines: readonly string[],
      outcome: object = {},
    ): Promise<void> => {
      await startRun(stage.api);
      const ref = await acceptNext(connection);
      connection.send(
        'batch',
        batch(ref, 1, [...lines, outcomeLine(lines, outcome)], { last: true }),
      );
      await connection.take('ack');
    };
    await done(first.connection, [tableLine('A')]);
    const second = await runner({ capacity: 4 }, await stage.enroll('second'));
    await done(first.connection, [tableLine('A')]);
    await done(first.connection, [tableLine('B')], { status: 'failed' });
    await done(second.connection, [tableLine('A')]);
    await done(second.connection, [tableLine('A')]);
    second.connection.close();
    await eventually(async () =>
      (await stage.api.get('/api/v1/runners')).body.runners.some(
        ({ connected }: { connected: boolean }) => !connected,
      ),
    );
    await done(first.connection, [tableLine('A')]);
  });

  it('offers again after a pause when a runner has no capacity', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await nextOffer(connection);
    connection.send('reject', { ref, code: 'AT_CAPACITY', message: 'full', permanent: false });
    expect(await nextOffer(connection)).toMatchObject({ attempt: 1, epoch: 2 });
  });

  it('moves a permanently rejected run to another runner, and fails it when all rejected it', async () => {
    const second = await stage.enroll('second');
    const id = await startRun(stage.api);
    const one = await runner();
    const ref = await nextOffer(one.connection);
    const two = await runner({}, second);
    one.connection.send('reject', {
      ref,
      code: 'POLICY_DENIED',
      message: 'not here',
      permanent: true,
    });
    const again = await nextOffer(two.connection);
    two.connection.send('reject', {
      ref: again,
      code: 'POLICY_DENIED',
      message: 'nor here',
      permanent: true,
    });
    expect(await waitForState(id, 'failed')).toMatchObject({
      error: { code: 'POLICY_DENIED', message: 'nor here' },
    });
  });
});

describe('unanswered offers', () => {
  useLimits({ leaseTtlMs: 400 });

  it('are repeated with a higher epoch and the same attempt', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const first = await nextOffer(connection);
    const second = await nextOffer(connection);
    expect(second).toEqual({ runId: first.runId, attempt: 1, epoch: first.epoch + 1 });
    connection.send('accept', { ref: first });
    expect(await connection.take('cancel')).toMatchObject({ ref: first });
  });
});
