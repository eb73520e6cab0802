import { JOB_KINDS } from '../../foundation/src/domain/job.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { expectDelivered, LinkStage, ref } from '../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../test/support/link/scripted-workers.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');

async function startRun(): Promise<ScriptedWorker> {
  stage = await new LinkStage().start().untilConnected();
  return await stage.startRun(run);
}

describe('a link', () => {
  it('accepts an offer, runs it, delivers every record once and deletes the attempt', async () => {
    const worker = await startRun();
    worker.write(500, 2_000);
    worker.finish();
    await stage.untilForgotten();
    expectDelivered(stage, worker);
    expect(stage.controlPlane.of('accept')).toHaveLength(1);
    expect(stage.link.status()).toMatchObject({
      state: { name: 'connected', channel: 'memory' },
      running: 0,
      attempts: [],
    });
  });

  it('sends its identity and capabilities in the hello', async () => {
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
      jobKinds: JOB_KINDS,
    });
  });

  it('compresses batches only when both sides support it', async () => {
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

  it('sends only the latest progress, at most twice a second', async () => {
    const worker = await startRun();
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
