import { describe, expect, it } from 'vitest';
import { startRun } from './stage.ts';
import {
  HOUR,
  stage,
  clock,
  openPrepared,
  runner,
  view,
  waitForRun,
  acceptNext,
  finish,
  pause,
  useLifecycle,
} from './lifecycle-stage.ts';

useLifecycle();

describe('wall clock change', () => {
  it.each([
    ['forward', HOUR],
    ['back', -HOUR],
  ])('%s takes no run from a connected runner', async (_name, step) => {
    await openPrepared({ leaseTtlMs: 3000 });
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(connection);
    clock.step(step);
    await pause(1200);
    expect(await view(ref.runId)).toMatchObject({ state: 'running', attempt: 1 });
    await finish(connection, ref);
  });

  it('back does not delay the offer of a queued run', async () => {
    await openPrepared();
    const id = await startRun(stage.api);
    clock.step(-HOUR);
    const { connection } = await runner();
    expect((await acceptNext(connection)).runId).toBe(id);
  });

  it('back does not keep a run with a lost runner', async () => {
    await openPrepared({ leaseTtlMs: 600 });
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(connection);
    connection.close();
    clock.step(-HOUR);
    await waitForRun(ref.runId, { state: 'queued', attempt: 2 });
  });
});
