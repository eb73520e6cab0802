import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../../test/support/link/scripted-workers.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');

async function startRun(): Promise<ScriptedWorker> {
  stage = await new LinkStage().start().untilConnected();
  return await stage.startRun(run);
}

describe('another process with the same identity', () => {
  const check = (number: number) =>
    stage.controlPlane.send({
      kind: 'identityCheck',
      body: { number, platform: 'linux x64\u001b[31m', version: '1.0.0' },
    });
  const warnings = () =>
    stage.logger.entries.filter(({ data }) => data['code'] === 'IDENTITY_IN_USE');

  it('is answered with a heartbeat at once, logged and shown in the status', async () => {
    const worker = await startRun();
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

  it('is logged once per interval, and forgotten when it no longer connects', async () => {
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
