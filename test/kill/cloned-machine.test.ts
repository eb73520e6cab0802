import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from '../support/stage.ts';

interface Shown {
  readonly connected: boolean;
  readonly condition: string;
  readonly conditionMessage: string;
}

/** A virtual machine is cloned while its runner works: two real programs with one identity. */
describe('a cloned machine', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ objects: 60, latencyMs: 150 });
    await stage.startRunner();
  }, 300_000);
  afterAll(() => stage.close());

  const shown = async (): Promise<Shown> =>
    (await stage.client.call<{ runners: [Shown] }>('GET', '/api/v1/runners')).runners[0];

  it('is rejected and reported while the original runs, and takes over once it is gone', async () => {
    const id = await stage.startRun();
    await stage.runWhen(
      id,
      'the run to be running',
      (run) => run.state === 'running' && run.records > 3,
    );
    const copy = stage.startCopy('copy');
    await stage.waitFor('the copy to be rejected', async () =>
      copy.output.includes('IDENTITY_IN_USE'),
    );
    expect(copy.output).toContain('enroll --replace');
    expect(stage.runner.output).toMatch(
      /"level":"warn"[^\n]*rejected another process with this runner.s identity/,
    );
    expect(await shown()).toMatchObject({
      connected: true,
      condition: 'IDENTITY_IN_USE',
      conditionMessage: expect.stringContaining('Two processes'),
    });
    expect(await stage.ended(id)).toMatchObject({ state: 'success', attempt: 1, integrity: 'ok' });
    expect([stage.runner.exitCode, copy.exitCode]).toEqual([null, null]);

    await stage.stopRunner(undefined, 'SIGKILL');
    await stage.waitFor(
      'the copy to take over',
      async () => /"msg":"connected to the control plane"/.test(copy.output),
      240_000,
    );
    expect((await stage.ended(await stage.startRun())).state).toBe('success');
  }, 300_000);
});
