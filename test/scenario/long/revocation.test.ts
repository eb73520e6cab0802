import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from '../../support/stage.ts';

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly connected: boolean;
  readonly revoked: boolean;
}

/** Half of the time that a lease would take to expire: the work was taken, not lost. */
const IN_TIME_MS = 30_000;

/** A runner that is revoked in the middle of a run, with another one that could do its work. */
describe('a revoked runner', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ objects: 60, latencyMs: 400 });
  }, 300_000);
  afterAll(() => stage.close());

  const runners = async (): Promise<readonly Shown[]> =>
    (await stage.client.call<{ runners: Shown[] }>('GET', '/api/v1/runners')).runners;

  it('ends at once, and another runner gets its run', async () => {
    await stage.startRunner();
    const run = await stage.startRun();
    await stage.runWhen(run, 'the run to begin', ({ state }) => state === 'running');
    await stage.addRunner('second');
    await stage.startRunner('second');
    const all = await runners();
    const [first, second] = ['demo-runner', 'second'].map((name) =>
      all.find((one) => one.name === name)!,
    );
    const revokedAt = Date.now();
    await stage.client.call('POST', `/api/v1/runners/${first!.id}/revoke`, {});
    await stage.waitFor('the process to end', async () => stage.runner.exitCode === 77);
    const endedAfter = Date.now() - revokedAt;
    await stage.runWhen(run, 'the other runner to have it', ({ runner }) => runner === second!.id);
    const movedAfter = Date.now() - revokedAt;
    expect(Math.max(endedAfter, movedAfter)).toBeLessThan(IN_TIME_MS);
    expect(stage.runner.output).toContain('RUNNER_REVOKED');
    expect((await runners()).find(({ id }) => id === first!.id)).toMatchObject({
      revoked: true,
      connected: false,
    });
    expect((await stage.ended(run)).state).toBe('success');
  }, 300_000);
});
