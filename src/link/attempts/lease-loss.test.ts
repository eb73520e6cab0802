import { afterEach, describe, expect, it } from 'vitest';
import { expectDelivered, LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../../test/support/link/scripted-workers.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');

async function startRun(): Promise<ScriptedWorker> {
  stage = await new LinkStage().start().untilConnected();
  return await stage.startRun(run);
}

describe('an attempt whose lease ends', () => {
  it('is dropped when the control plane reports the lease as lost', async () => {
    const worker = await startRun();
    stage.controlPlane.lost = [run];
    await stage.untilForgotten();
    expect(worker.killed).toBe(true);
    expect(stage.controlPlane.stream(run).complete).toBe(false);
  });

  it('is dropped before the lease ends at the control plane while the link is down', async () => {
    const worker = await startRun();
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    await stage.controlPlane.channel.close('cut');
    const cutAt = stage.clock.monotonic();
    await stage.until('abandoned', () => worker.killed, 100);
    expect(stage.clock.monotonic() - cutAt).toBeGreaterThan(30_000);
    expect(stage.clock.monotonic() - cutAt).toBeLessThanOrEqual(50_000);
    await stage.untilForgotten();
  });

  it('passes the end of each lease to its worker, which can end by itself', async () => {
    const worker = await startRun();
    const startedAt = stage.clock.uptime();
    expect(worker.leases[0]).toBeLessThanOrEqual(startedAt + 50_000);
    expect(worker.leases[0]).toBeGreaterThan(startedAt + 45_000);
    await stage.until('renewed', () => worker.leases.length > 2, 500);
    expect(worker.leases.at(-1)).toBeGreaterThan(startedAt + 60_000);
    expect(worker.leases.at(-1)).toBeLessThanOrEqual(stage.clock.uptime() + 50_000);
  });

  it('is dropped after the machine was suspended, despite a late reply', async () => {
    const worker = await startRun();
    stage.clock.suspend(600_000);
    await stage.until('abandoned', () => worker.killed, 100, 20);
  });

  it('reports LEASE_LOST when its worker ended by itself', async () => {
    const worker = await startRun();
    stage.clock.suspend(600_000);
    worker.kill();
    await stage.untilForgotten();
    expect(stage.outcomeOf(run)).toMatchObject({
      kind: 'outcome',
      status: 'interrupted',
      error: { code: 'LEASE_LOST' },
    });
  });

  it('is kept when its outcome is durable before its worker ends', async () => {
    const worker = await startRun();
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    await stage.controlPlane.channel.close('cut');
    worker.write(10);
    worker.outbox.append({ kind: 'outcome' }, true);
    for (let step = 0; step < 100; step++) await stage.clock.advance(1_000);
    expect(worker.killed).toBe(false);
    expect(stage.store.held()).toHaveLength(1);
    stage.unreachable = undefined;
    await stage.untilForgotten();
    expectDelivered(stage, worker);
  });

  it('is not affected by the wall clock while heartbeats are answered', async () => {
    const worker = await startRun();
    for (let minute = 0; minute < 5; minute++) {
      stage.clock.jump(minute % 2 === 0 ? 7_200_000 : -7_200_000);
      for (let step = 0; step < 600; step++) await stage.clock.advance(100);
    }
    expect(worker.killed).toBe(false);
    expect(stage.dials).toBe(1);
  });
});
