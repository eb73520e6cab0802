import { afterEach, describe, expect, it } from 'vitest';
import { expectDelivered, LinkStage, ref } from '../../../test/support/link/link-stage.ts';
import type { ScriptedWorker } from '../../../test/support/link/scripted-workers.ts';

let stage: LinkStage;

afterEach(() => stage.close());

const run = ref('run-1');
const other = ref('run-2');

async function startRun(): Promise<ScriptedWorker> {
  stage = await new LinkStage().start().untilConnected();
  return await stage.startRun(run);
}

describe('delivery', () => {
  it('continues after the stored records when the channel breaks, without duplicates', async () => {
    const worker = await startRun();
    worker.write(100, 3_000);
    await stage.until('some stored', () => stage.controlPlane.stream(run).lines.length > 50);
    await stage.controlPlane.channel.close('cut');
    worker.write(100, 3_000);
    worker.finish();
    await stage.untilForgotten();
    expectDelivered(stage, worker);
    expect(stage.controlPlane.statements[1]!.held[0]).toMatchObject({
      ref: run,
      running: false,
      complete: true,
    });
  });

  it('does not resend stored records whose acknowledgement was lost', async () => {
    const worker = await startRun();
    stage.controlPlane.acknowledges = false;
    worker.write(50);
    await stage.until('stored', () => stage.controlPlane.stream(run).lines.length === 50);
    await stage.controlPlane.channel.close('cut');
    stage.controlPlane.acknowledges = true;
    await stage.until(
      'reconnected',
      () => stage.controlPlane.statements.length === 2 && stage.connected,
    );
    worker.finish();
    await stage.untilForgotten();
    expectDelivered(stage, worker);
    const firsts = stage.controlPlane.of('batch').map(({ body }) => body.firstSequence);
    expect(firsts).toEqual([...new Set(firsts)]);
  });

  it('deletes an attempt whose last acknowledgement was lost', async () => {
    const worker = await startRun();
    stage.controlPlane.acknowledges = false;
    worker.write(5);
    worker.finish();
    await stage.until('stored', () => stage.controlPlane.stream(run).complete);
    await stage.controlPlane.channel.close('cut');
    await stage.untilForgotten();
    expectDelivered(stage, worker);
  });

  it('resends a corrupt batch uncompressed', async () => {
    stage = await new LinkStage().start().untilConnected();
    let refusals = 2;
    stage.controlPlane.onBatch = ({ ref: refused }) =>
      refusals-- > 0
        ? {
            kind: 'nack',
            body: { ref: refused, code: 'NACK_CODE_CORRUPT', expectedSequence: 0, message: 'crc' },
          }
        : undefined;
    await stage.controlPlane.offer(run);
    await stage.until('started', () => stage.workers.started.length === 1);
    const worker = stage.workers.of(run);
    worker.write(20, 500);
    worker.finish();
    await stage.untilForgotten();
    expectDelivered(stage, worker);
    expect(stage.controlPlane.of('batch').map(({ body }) => body.codec)).toContain('CODEC_NONE');
    expect(stage.dials).toBe(1);
  });

  it('drops an attempt whose batch is always rejected as corrupt, and serves the others', async () => {
    const worker = await startRun();
    await stage.controlPlane.offer(other);
    await stage.until('both running', () => stage.workers.started.length === 2);
    stage.controlPlane.onBatch = ({ ref: refused }) =>
      refused?.runId === run.runId
        ? {
            kind: 'nack',
            body: { ref: refused, code: 'NACK_CODE_CORRUPT', expectedSequence: 0, message: 'crc' },
          }
        : undefined;
    worker.write(5);
    stage.workers.of(other).write(5);
    stage.workers.of(other).finish();
    await stage.untilForgotten();
    expect(worker.killed).toBe(true);
    expectDelivered(stage, stage.workers.of(other));
    expect(stage.dials).toBe(1);
  });

  it('rewinds once to the expected record for many rejections', async () => {
    const worker = await startRun();
    let dropped = false;
    stage.controlPlane.onBatch = ({ firstSequence }) => {
      if (dropped || firstSequence === 1) return undefined;
      dropped = true;
      return 'silence';
    };
    worker.write(3_000, 1_000);
    worker.finish();
    await stage.untilForgotten();
    expectDelivered(stage, worker);
    expect(stage.dials).toBe(1);
    expect(stage.controlPlane.of('batch').length).toBeLessThan(40);
  });

  it('never exceeds the window', async () => {
    stage = new LinkStage();
    stage.controlPlane.welcome = { creditBytes: 100_000, features: [] };
    stage.controlPlane.acknowledges = false;
    await stage.start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.controlPlane.offer(other);
    await stage.until('started', () => stage.workers.started.length === 2);
    for (const worker of stage.workers.started) worker.write(200, 3_000);
    const total = (): number =>
      stage.controlPlane.stream(run).lines.length + stage.controlPlane.stream(other).lines.length;
    for (let last = -1; total() < 400; last = total()) {
      if (total() === last)
        for (const held of [run, other])
          if (stage.controlPlane.stream(held).lines.length > 0)
            await stage.controlPlane.acknowledge(held);
      await stage.until('a while', () => true);
      await stage.clock.advance(20);
    }
    expect(stage.controlPlane.maxInFlight).toBeLessThanOrEqual(100_000);
    expect(stage.controlPlane.maxInFlight).toBeGreaterThan(50_000);
  });

  it('closes a channel on which batches stay unanswered', async () => {
    const worker = await startRun();
    stage.controlPlane.onBatch = () => 'silence';
    worker.write(5);
    await stage.until('reconnected', () => stage.dials === 2, 500);
    expect(
      stage.logger.entries.some(({ data }) =>
        String(data['error']).includes('did not acknowledge'),
      ),
    ).toBe(true);
  });

  it('drops an attempt with a record that exceeds the batch limit', async () => {
    stage = new LinkStage();
    stage.controlPlane.welcome = { maxBatchBytes: 1_000, features: [] };
    await stage.start().untilConnected();
    await stage.controlPlane.offer(run);
    await stage.until('started', () => stage.workers.started.length === 1);
    stage.workers.of(run).write(1, 5_000);
    await stage.untilForgotten();
    expect(stage.workers.of(run).killed).toBe(true);
    expect(stage.dials).toBe(1);
  });

  it.each(['NACK_CODE_STALE_EPOCH', 'NACK_CODE_UNKNOWN_RUN'] as const)(
    'stops and deletes an attempt rejected with %s',
    async (code) => {
      const worker = await startRun();
      stage.controlPlane.onBatch = ({ ref: stale }) => ({
        kind: 'nack',
        body: { ref: stale, code, expectedSequence: 0, message: '' },
      });
      worker.write(1);
      await stage.untilForgotten();
      expect(worker.killed).toBe(true);
      expect(worker.outbox.discarded).toBe(true);
      expect(stage.dials).toBe(1);
    },
  );

  it('ends the session on an acknowledgement of records that were not sent', async () => {
    await startRun();
    await stage.controlPlane.send({ kind: 'ack', body: { ref: run, upTo: 99 } });
    await stage.until('reconnected', () => stage.dials === 2);
    expect(stage.logger.entries.some(({ data }) => data['code'] === 'PROTOCOL_VIOLATION')).toBe(
      true,
    );
  });
});
