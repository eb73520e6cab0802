import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');

describe('a drain', () => {
  it('rejects offers, lets attempts finish, delivers, and ends', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    stage.link.drain();
    await stage.until('reported', () => stage.controlPlane.of('heartbeat').at(-1)!.body.draining);
    expect(stage.link.status().state).toMatchObject({
      name: 'draining',
      connection: { name: 'connected' },
    });
    await stage.controlPlane.offer(ref('run-2'));
    await stage.until('rejected', () => stage.controlPlane.of('reject').length === 1);
    await stage.clock.advance(60_000);
    expect(stage.ended).toBeUndefined();
    stage.workers.of(run).finish();
    await stage.until('ended', () => stage.ended !== undefined);
    expect(stage.ended).toEqual({});
    expect(stage.controlPlane.stream(run).complete).toBe(true);
  });

  it('stops attempts as interrupted at its timeout, and delivers their outcome', async () => {
    stage = await new LinkStage({ drainTimeoutMs: 30_000 }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    stage.link.drain();
    await stage.until('ended', () => stage.ended !== undefined, 500);
    expect(stage.workers.of(run).stops).toMatchObject([
      { status: 'interrupted', reason: { code: 'RUNNER_STOPPED' } },
    ]);
    expect(stage.controlPlane.stream(run).complete).toBe(true);
    expect(stage.store.held()).toEqual([]);
  });

  it('ends at once while connecting', async () => {
    stage = new LinkStage();
    stage.start();
    stage.link.drain();
    await stage.until('ended', () => stage.ended !== undefined);
    expect(stage.ended).toEqual({});
    expect(stage.clock.monotonic()).toBeLessThan(2_500);
  });

  it('skips the waits when requested twice, and kills a worker that does not stop', async () => {
    stage = await new LinkStage().start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    stage.workers.of(run).obedient = false;
    stage.link.drain();
    stage.link.drain();
    const askedAt = stage.clock.monotonic();
    await stage.until('ended', () => stage.ended !== undefined, 100);
    expect(stage.workers.of(run).killed).toBe(true);
    expect(stage.clock.monotonic() - askedAt).toBeLessThan(15_000);
  });

  it('ends in time when the outcome of a killed worker cannot be written', async () => {
    stage = await new LinkStage({ drainTimeoutMs: 5_000 }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    stage.workers.of(run).obedient = false;
    stage.store.closeFailure = new RunnerError('DISK_FULL', 'no room');
    stage.link.drain();
    const askedAt = stage.clock.monotonic();
    await stage.until('ended', () => stage.ended !== undefined, 100, 1_000);
    expect(stage.clock.monotonic() - askedAt).toBeLessThan(45_000);
    expect(stage.store.held()).toHaveLength(1);
  });

  it('ends in time with the link down, and keeps undelivered records', async () => {
    stage = await new LinkStage({ drainTimeoutMs: 5_000 }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('running', () => stage.link.status().running === 1);
    stage.workers.of(run).write(5);
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    stage.controlPlane.acknowledges = false;
    await stage.controlPlane.channel.close('cut');
    stage.link.drain();
    const askedAt = stage.clock.monotonic();
    await stage.until('ended', () => stage.ended !== undefined, 100);
    expect(stage.clock.monotonic() - askedAt).toBeLessThan(20_000);
    expect(stage.store.held()).toHaveLength(1);
    expect(stage.store.held()[0]!.complete).toBe(true);
  });
});
