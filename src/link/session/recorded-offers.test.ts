import { afterEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import { MemoryEpochs } from '../../../test/support/link/memory-epochs.ts';
import { MemoryOutboxStore } from '../../../test/support/link/memory-outbox.ts';
import type { AuditEvent, AuditTrail } from '../../../foundation/src/logging/audit-trail.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1', 2, 5);
const rejections = (): unknown[] => stage.controlPlane.of('reject').map(({ body }) => body);

/** A trail that a test holds up. */
class SlowTrail implements AuditTrail {
  readonly events: AuditEvent[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  readonly free = Promise.withResolvers<void>();

  async record(event: AuditEvent, signal?: AbortSignal): Promise<void> {
    this.events.push(event);
    this.signals.push(signal);
    if (event['decision'] === 'accept') await this.free.promise;
  }
}

describe('answers to offers', () => {
  it('are in the audit trail, and rejections are limited', async () => {
    const events: AuditEvent[] = [];
    const trail: AuditTrail = { record: async (event) => void events.push(event) };
    stage = await new LinkStage({ trail }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('started', () => stage.workers.started.length === 1);
    for (let count = 1; count <= 70; count++) {
      await stage.controlPlane.offer(ref(`run-${count}`), { kind: 'shell' });
      await stage.until('rejected', () => rejections().length === count);
    }
    expect(events.slice(0, 2)).toMatchObject([
      { event: 'job', decision: 'accept', attempt: 'run-1.2.5', kind: 'metadata' },
      { event: 'job', decision: 'reject', kind: 'shell', code: 'JOB_KIND_UNSUPPORTED' },
    ]);
    expect(events).toHaveLength(61);
    await stage.until('recorded', () => events.length === 62, 100);
    expect(events.at(-1)).toEqual({ event: 'job', decision: 'reject', omitted: 10 });
  });

  it('are counted in the audit trail when the runner stops, and after it could not be written', async () => {
    const events: AuditEvent[] = [];
    let isFull = false;
    const trail: AuditTrail = {
      record: async (event) => {
        if (isFull) throw new RunnerError('AUDIT_UNWRITABLE', 'full');
        events.push(event);
      },
    };
    stage = await new LinkStage({ trail }).start().untilConnected();
    for (let count = 1; count <= 65; count++) {
      await stage.controlPlane.offer(ref(`run-${count}`), { kind: 'shell' });
      await stage.until('rejected', () => rejections().length === count);
    }
    isFull = true;
    await stage.clock.advance(61_000);
    expect(events).toHaveLength(60);
    await stage.controlPlane.offer(ref('run-66'), { kind: 'shell' });
    await stage.until('rejected', () => rejections().length === 66);
    isFull = false;
    await stage.close();
    expect(events.at(-1)).toEqual({ event: 'job', decision: 'reject', omitted: 6 });
  });
});

describe('an offer whose record waits for another writer', () => {
  it('is rejected if its lease expires meanwhile', async () => {
    const trail = new SlowTrail();
    stage = await new LinkStage({ trail }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('recorded', () => trail.events.length === 1);
    stage.clock.suspend(51_000);
    trail.free.resolve();
    await stage.until('rejected', () => rejections().length === 1);
    expect(rejections()).toMatchObject([{ code: 'LEASE_LOST', permanent: false }]);
    expect(stage.workers.started).toEqual([]);
    expect(trail.events.map(({ decision }) => decision)).toEqual(['accept', 'reject']);
  });

  it('is rejected if the disk takes longer than its lease to remember it', async () => {
    const epochs = new MemoryEpochs();
    epochs.free = Promise.withResolvers<void>();
    const trail = new SlowTrail();
    trail.free.resolve();
    stage = await new LinkStage({ trail, epochs }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('recorded', () => trail.events.length === 1);
    stage.clock.suspend(51_000);
    epochs.free.resolve();
    await stage.until('rejected', () => rejections().length === 1);
    expect(rejections()).toMatchObject([{ code: 'LEASE_LOST' }]);
    expect(stage.store.all).toEqual([]);
  });

  it('is dropped if the disk takes longer than its lease to journal it', async () => {
    const store = new MemoryOutboxStore();
    store.free = Promise.withResolvers<void>();
    const trail = new SlowTrail();
    trail.free.resolve();
    stage = await new LinkStage({ trail }, store).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('recorded', () => trail.events.length === 1);
    stage.clock.suspend(51_000);
    store.free.resolve();
    await stage.until('rejected', () => rejections().length === 1);
    expect(rejections()).toMatchObject([{ code: 'LEASE_LOST' }]);
    expect(stage.controlPlane.of('accept')).toEqual([]);
  });

  it('is rejected if the runner is drained meanwhile', async () => {
    const trail = new SlowTrail();
    stage = await new LinkStage({ trail }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('recorded', () => trail.events.length === 1);
    await stage.controlPlane.send({ kind: 'drain', body: { reason: 'maintenance' } });
    await stage.until('reported', () => stage.controlPlane.of('heartbeat').at(-1)!.body.draining);
    trail.free.resolve();
    await stage.until('rejected', () => rejections().length === 1);
    expect(rejections()).toMatchObject([{ code: 'DRAINING' }]);
  });

  it('stops waiting when the session ends', async () => {
    const trail = new SlowTrail();
    stage = await new LinkStage({ trail }).start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('recorded', () => trail.events.length === 1);
    expect(trail.signals[0]?.aborted).toBe(false);
    const closed = stage.close();
    await stage.until('stopped', () => trail.signals[0]?.aborted === true);
    trail.free.resolve();
    await closed;
  });
});
