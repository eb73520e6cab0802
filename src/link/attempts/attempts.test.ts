import { afterEach, describe, expect, it } from 'vitest';
import { expectDelivered, LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../../test/support/link/scripted-workers.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');
const other = ref('run-2');

async function startRun(): Promise<ScriptedWorker> {
  stage = await new LinkStage().start().untilConnected();
  return await stage.startRun(run);
}

describe('held attempts', () => {
  it('have their deletion retried until it succeeds', async () => {
    const worker = await startRun();
    stage.store.discardFailure = new RunnerError('SINK_FAILED', 'a disk error');
    stage.controlPlane.lost = [run];
    await stage.until('killed', () => worker.killed, 100);
    await stage.clock.advance(30_000);
    expect(stage.link.status().attempts).toMatchObject([{ state: 'gone' }]);
    stage.store.discardFailure = undefined;
    await stage.until('deleted', () => stage.link.status().attempts.length === 0, 500);
    expect(worker.outbox.discarded).toBe(true);
  });

  it('are deleted when the runner is revoked, also those that had ended', async () => {
    const worker = await startRun();
    stage.controlPlane.acknowledges = false;
    worker.write(3);
    worker.finish();
    await stage.controlPlane.offer(other);
    await stage.until('started', () => stage.workers.started.length === 2);
    await stage.controlPlane.send({
      kind: 'refusal',
      body: { code: 'RUNNER_REVOKED', message: 'revoked', permanent: true, retryAfterMs: 0 },
    });
    await stage.until('ended', () => stage.ended !== undefined, 100);
    expect(stage.store.held()).toEqual([]);
    expect(stage.store.all.map(({ discarded }) => discarded)).toEqual([true, true]);
  });

  it('are kept while another process has superseded the runner', async () => {
    const worker = await startRun();
    stage.controlPlane.acknowledges = false;
    worker.finish();
    await stage.controlPlane.send({
      kind: 'refusal',
      body: { code: 'SUPERSEDED', message: 'elsewhere', permanent: true, retryAfterMs: 0 },
    });
    await stage.until('waiting', () => stage.link.status().state.name === 'waiting', 100);
    expect(stage.ended).toBeUndefined();
    expect(stage.store.held()).toHaveLength(1);
    stage.controlPlane.acknowledges = true;
    await stage.untilForgotten(500);
    expectDelivered(stage, worker);
  });

  it('are kept for delivery however long the link is down', async () => {
    const worker = await startRun();
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    await stage.controlPlane.channel.close('cut');
    worker.write(10);
    worker.finish();
    for (let step = 0; step < 600; step++) await stage.clock.advance(1_000);
    expect(stage.store.held()).toHaveLength(1);
    stage.unreachable = undefined;
    await stage.untilForgotten(1_000);
    expectDelivered(stage, worker);
  });
});
