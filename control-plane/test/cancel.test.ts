import { describe, expect, it } from 'vitest';
import { startRun } from './stage.ts';
import {
  stage,
  useLimits,
  runner,
  run,
  waitForState,
  acceptNext,
  finish,
  useDispatch,
} from './dispatch-stage.ts';

useDispatch();

describe('canceling', () => {
  it('ends a queued run at once, and only once', async () => {
    const id = await startRun(stage.api);
    expect((await stage.api.post(`/api/v1/runs/${id}/cancel`)).body).toMatchObject({
      state: 'cancelled',
      error: { code: 'CANCELLED' },
    });
    expect((await stage.api.post(`/api/v1/runs/${id}/cancel`)).status).toBe(409);
  });

  it('reaches the runner, whose outcome ends the run', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(connection);
    await stage.api.post(`/api/v1/runs/${ref.runId}/cancel`);
    expect(await connection.take('cancel')).toMatchObject({ ref });
    expect(await run(ref.runId)).toMatchObject({ state: 'running', cancelRequested: true });
    await finish(connection, ref, { status: 'cancelled' });
    expect(await run(ref.runId)).toMatchObject({ state: 'cancelled' });
  });

  it('reaches a disconnected runner when it reconnects', async () => {
    const first = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(first.connection);
    first.connection.close();
    await stage.api.post(`/api/v1/runs/${ref.runId}/cancel`);
    const second = await runner({ held: [{ ref, running: true }] });
    expect(await second.connection.take('cancel')).toMatchObject({ ref });
  });
});

describe('canceling a run of a lost runner', () => {
  useLimits({ leaseTtlMs: 500 });

  it('ends the run when its lease expires', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(connection);
    connection.close();
    await stage.api.post(`/api/v1/runs/${ref.runId}/cancel`);
    expect(await waitForState(ref.runId, 'cancelled')).toMatchObject({ attempt: 1 });
  });
});
