import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batch, tableLine } from './fake-records.ts';
import { prepareCatalog, startRun, temporaryFolder } from './stage.ts';
import {
  LEASE_MS,
  stage,
  clock,
  identity,
  open,
  openPrepared,
  runner,
  view,
  waitForRun,
  waitForWait,
  acceptNext,
  finish,
  held,
  useLifecycle,
} from './lifecycle-stage.ts';

useLifecycle();

describe('waiting run', () => {
  it('shows the runner it waits for and since when, and expires after the limit', async () => {
    await openPrepared({ absenceLimitMs: 1500 });
    await prepareCatalog(stage.api, 'first');
    const id = await startRun(stage.api);
    expect(await waitForWait(id, 'RUNNER_AWAY')).toMatchObject({
      message: expect.stringMatching(/^waiting for runner first, .*never/),
    });
    expect(await waitForRun(id, { state: 'expired' })).toMatchObject({
      error: {
        code: 'RUNNER_UNAVAILABLE',
        message: expect.stringContaining('waiting for runner first'),
      },
    });
  });

  it('shows whether runners are missing, draining, unhealthy or at capacity', async () => {
    await openPrepared();
    const id = await startRun(stage.api);
    expect(await waitForWait(id, 'NO_RUNNER')).toMatchObject({
      since: expect.any(Number),
      endsAt: expect.any(Number),
      remedy: expect.stringContaining('Start a runner'),
    });
    const { connection } = await runner({ draining: true });
    expect(await waitForWait(id, 'RUNNER_DRAINING')).toMatchObject({
      message: expect.stringContaining('first'),
    });
    connection.send('heartbeat', { number: 1, capacity: 1, condition: 'DISK_FULL' });
    expect(await waitForWait(id, 'RUNNER_UNHEALTHY')).toMatchObject({
      message: expect.stringContaining('DISK_FULL'),
    });
    connection.send('heartbeat', { number: 2, capacity: 0 });
    expect(await waitForWait(id, 'AT_CAPACITY')).toMatchObject({ endsAt: null });
    connection.send('heartbeat', { number: 3, capacity: 1 });
    expect((await acceptNext(connection)).runId).toBe(id);
  });

  it('restarts the limit after a runner was connected', async () => {
    await openPrepared({ absenceLimitMs: 60_000 });
    const id = await startRun(stage.api);
    const first = await waitForWait(id, 'NO_RUNNER');
    const { connection } = await runner({ capacity: 0 });
    await waitForWait(id, 'AT_CAPACITY');
    connection.close();
    expect((await waitForWait(id, 'NO_RUNNER')).since).toBeGreaterThan(first.since);
  });

  it('shows that its runner has been revoked', async () => {
    await openPrepared();
    await prepareCatalog(stage.api, 'first');
    const second = await startRun(stage.api);
    await stage.api.post(`/api/v1/runners/${identity.runnerId}/revoke`);
    await waitForWait(second, 'RUNNER_REVOKED');
  });
});

describe('store restored from a backup', () => {
  /**
   * Copies the store as it is on disk now; `restore` puts that copy back while the control plane is
   * down.
   */
  async function backup(path: string): Promise<() => void> {
    const store = join(path, 'store.sqlite');
    copyFileSync(store, join(path, 'copy'));
    copyFileSync(`${store}-wal`, join(path, 'copy-wal'));
    return () => {
      rmSync(`${store}-shm`, { force: true });
      copyFileSync(join(path, 'copy'), store);
      copyFileSync(join(path, 'copy-wal'), `${store}-wal`);
    };
  }

  it('uses no epoch that a runner still holds, and repeats the run', async () => {
    const data = temporaryFolder();
    await openPrepared({}, { path: data.path, remove: () => undefined });
    const id = await startRun(stage.api);
    const restore = await backup(data.path);
    const { connection } = await runner();
    const ref = await acceptNext(connection);
    expect(ref.epoch).toBe(1);
    connection.close();
    await stage.close();
    restore();
    await open({}, data);
    const back = await runner({ held: [held(ref, 5, { running: true, complete: false })] });
    expect(back.welcome.positions).toEqual([
      { ref, verdict: 'VERDICT_DISCARD', storedSequence: 0 },
    ]);
    expect(await waitForWait(id, 'RESTARTED')).toBeTruthy();
    clock.skip(LEASE_MS);
    const again = await acceptNext(back.connection);
    expect(again).toEqual({ runId: id, attempt: 1, epoch: 2 });
    await finish(back.connection, again);
    expect(await view(id)).toMatchObject({ state: 'success' });
  });

  it('repeats a run whose acknowledged records were lost', async () => {
    const data = temporaryFolder();
    await openPrepared({ maxAttempts: 1 }, { path: data.path, remove: () => undefined });
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(connection);
    const restore = await backup(data.path);
    connection.send('batch', batch(ref, 1, [tableLine('A'), tableLine('B')]));
    await connection.take('ack');
    connection.close();
    await stage.close();
    restore();
    await open({ maxAttempts: 1 }, data);
    const back = await runner({ held: [held(ref, 5, { acknowledgedSequence: 2 })] });
    expect(back.welcome.positions).toMatchObject([{ verdict: 'VERDICT_DISCARD' }]);
    clock.skip(LEASE_MS);
    expect(await acceptNext(back.connection)).toEqual({ runId: ref.runId, attempt: 2, epoch: 2 });
    expect(await view(ref.runId)).toMatchObject({ lastFailure: { code: 'STORE_ROLLED_BACK' } });
  });
});
