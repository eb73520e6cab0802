import { describe, expect, it } from 'vitest';
import { SERVICE, startRun, temporaryFolder } from './stage.ts';
import {
  LEASE_MS,
  stage,
  clock,
  open,
  openPrepared,
  runner,
  nextOffer,
  view,
  waitForRun,
  waitForWait,
  acceptNext,
  finish,
  pause,
  useLifecycle,
} from './lifecycle-stage.ts';

useLifecycle();

describe('runs of one service', () => {
  it('run one at a time; a canceled run blocks the next until it has ended', async () => {
    await openPrepared();
    const { connection } = await runner({ capacity: 4 });
    const first = await startRun(stage.api);
    const ref = await acceptNext(connection);
    const second = await startRun(stage.api);
    expect(await waitForWait(second, 'SERVICE_BUSY')).toMatchObject({
      message: expect.stringContaining(first),
      endsAt: null,
    });
    await stage.api.post(`/api/v1/runs/${first}/cancel`);
    await pause(600);
    expect(await view(second)).toMatchObject({ state: 'queued' });
    await finish(connection, ref, [], { status: 'cancelled' });
    expect((await acceptNext(connection)).runId).toBe(second);
  });

  it('run in parallel with a connection test', async () => {
    await openPrepared();
    const { connection } = await runner({ capacity: 4 });
    await startRun(stage.api);
    await acceptNext(connection);
    const waiting = await startRun(stage.api);
    await waitForWait(waiting, 'SERVICE_BUSY');
    const test = (await stage.api.post('/api/v1/services/sandbox/test-connection')).body.id;
    expect((await acceptNext(connection)).runId).toBe(test);
  });

  it('are placed one at a time when several wait for the same runner', async () => {
    await openPrepared();
    const [first, second] = [await startRun(stage.api), await startRun(stage.api)];
    const { connection } = await runner({ capacity: 4 });
    expect((await acceptNext(connection)).runId).toBe(first);
    expect(await waitForWait(second, 'SERVICE_BUSY')).toMatchObject({
      message: expect.stringContaining(first),
    });
  });

  it('do not block another service', async () => {
    await openPrepared();
    await stage.api.put('/api/v1/services/other', SERVICE);
    await stage.api.put('/api/v1/pipelines/other', { service: 'other' });
    const { connection } = await runner();
    await startRun(stage.api);
    await acceptNext(connection);
    const other = (await stage.api.post('/api/v1/pipelines/other/runs')).body.id;
    expect((await acceptNext(connection)).runId).toBe(other);
  });
});

describe('retryable failure', () => {
  const failed = {
    status: 'failed',
    error: { code: 'SALESFORCE_BUSY', message: 'maintenance', remedy: 'wait', retryable: true },
  };

  it('is retried after growing pauses, up to the maximum number of attempts', async () => {
    await openPrepared({ maxAttempts: 3, retryPauseMs: 200 });
    const { connection } = await runner();
    const id = await startRun(stage.api);
    await finish(connection, await acceptNext(connection), [], failed);
    const first = await waitForWait(id, 'RETRY_PAUSE');
    expect(await view(id)).toMatchObject({
      state: 'queued',
      attempt: 2,
      maxAttempts: 3,
      lastFailure: { code: 'SALESFORCE_BUSY', message: 'maintenance' },
    });
    expect(first.retryAt).toBeGreaterThan(Date.now() - 240_000);
    await finish(connection, await acceptNext(connection), [], failed);
    const again = Date.now();
    await finish(connection, await acceptNext(connection), [], failed);
    expect(Date.now() - again).toBeGreaterThanOrEqual(700);
    expect(await waitForRun(id, { state: 'failed' })).toMatchObject({
      attempt: 3,
      error: { code: 'SALESFORCE_BUSY', message: 'maintenance (attempt 3 of 3)' },
    });
  });

  it('ends a connection test at once', async () => {
    await openPrepared();
    const { connection } = await runner();
    const id = (await stage.api.post('/api/v1/services/sandbox/test-connection')).body.id;
    await finish(connection, await acceptNext(connection), [], failed);
    expect(await view(id)).toMatchObject({ state: 'failed', attempt: 1 });
  });

  it('does not block a later run of the service', async () => {
    await openPrepared();
    const { connection } = await runner();
    await startRun(stage.api);
    await finish(connection, await acceptNext(connection), [], failed);
    const later = await startRun(stage.api);
    expect((await acceptNext(connection)).runId).toBe(later);
  });

  it('keeps its pause across a restart without extending it', async () => {
    const data = temporaryFolder();
    await openPrepared({ retryPauseMs: 2000 }, { path: data.path, remove: () => undefined });
    const { connection } = await runner();
    const id = await startRun(stage.api);
    await finish(connection, await acceptNext(connection), [], failed);
    await stage.close();
    await open({ retryPauseMs: 2000 }, data);
    expect(await view(id)).toMatchObject({ state: 'queued', attempt: 2 });
    const back = await runner();
    expect(await waitForWait(id, 'RETRY_PAUSE')).toBeTruthy();
    expect(await waitForWait(id, 'RESTARTED')).toBeTruthy();
    clock.skip(LEASE_MS);
    expect(await nextOffer(back.connection)).toMatchObject({ runId: id, attempt: 2 });
  });
});
