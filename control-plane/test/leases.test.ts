import { describe, expect, it } from 'vitest';
import type { Limits } from '../src/limits.ts';
import { batch, logLine, outcomeLine, tableLine } from './fake-records.ts';
import type { Ref } from './fake-runner.ts';
import { eventually, startRun } from './stage.ts';
import {
  stage,
  openPrepared,
  runner,
  nextOffer,
  view,
  waitForRun,
  waitForWait,
  acceptNext,
  finish,
  held,
  useLifecycle,
} from './lifecycle-stage.ts';

useLifecycle();

describe('unanswered offer', () => {
  it('goes to another runner only after its lease, because its runner may be starting', async () => {
    await openPrepared({ leaseTtlMs: 1500 });
    const { connection } = await runner();
    const id = await startRun(stage.api);
    const ref = await nextOffer(connection);
    const second = await runner({}, await stage.enroll('second'));
    await runner();
    expect(await view(id)).toMatchObject({ state: 'offered', epoch: ref.epoch });
    connection.close();
    const again = await eventually(async () => {
      const { state, epoch } = await view(id);
      return state === 'offered' && epoch > ref.epoch && epoch;
    });
    expect(again).toBe(ref.epoch + 1);
    second.connection.close();
  });
});

describe('attempt with an expired lease', () => {
  const lines = [tableLine('A'), logLine('one')];

  /** An attempt that was running, with one stored record, whose runner has disconnected. */
  async function lost(limits: Partial<Limits> = {}): Promise<Ref> {
    await openPrepared({ leaseTtlMs: 800, ...limits });
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await acceptNext(connection);
    connection.send('batch', batch(ref, 1, lines.slice(0, 1)));
    await connection.take('ack');
    connection.close();
    await waitForRun(ref.runId, { state: 'queued', attempt: 2 });
    return ref;
  }

  it('is accepted when it returns finished and no other attempt has started', async () => {
    const ref = await lost();
    const { connection, welcome } = await runner({ held: [held(ref, 3)] });
    expect(welcome.positions).toEqual([{ ref, verdict: 'VERDICT_KEEP', storedSequence: 1 }]);
    await finish(connection, ref, lines, {}, 2);
    expect(await view(ref.runId)).toMatchObject({
      state: 'success',
      attempt: 1,
      epoch: ref.epoch,
      records: 3,
      integrity: 'ok',
    });
  });

  it('is accepted although the run was offered to another runner, whose answer arrives too late', async () => {
    const ref = await lost();
    const second = await runner({}, await stage.enroll('second'));
    const offered = await nextOffer(second.connection);
    expect(offered).toEqual({ runId: ref.runId, attempt: 2, epoch: ref.epoch + 1 });
    const { connection, welcome } = await runner({ held: [held(ref, 3)] });
    expect(welcome.positions).toMatchObject([{ verdict: 'VERDICT_KEEP' }]);
    second.connection.send('accept', { ref: offered });
    expect(await second.connection.take('cancel')).toMatchObject({ ref: offered });
    second.connection.send('batch', batch(offered, 1, [tableLine('Late')]));
    expect(await second.connection.take('nack')).toMatchObject({ code: 'NACK_CODE_STALE_EPOCH' });
    await finish(connection, ref, lines, {}, 2);
    expect(await view(ref.runId)).toMatchObject({ state: 'success', attempt: 1 });
  });

  it('leads to an offer with a new epoch when it is lost again', async () => {
    const ref = await lost();
    const second = await runner({}, await stage.enroll('second'));
    const offered = await nextOffer(second.connection);
    const { connection } = await runner({ held: [held(ref, 3)] });
    await finish(connection, ref, lines, { status: 'interrupted', digest: '' }, 2);
    const third = await Promise.race([nextOffer(connection), nextOffer(second.connection)]);
    expect(third).toEqual({ runId: ref.runId, attempt: 2, epoch: offered.epoch + 1 });
  });

  it('is rejected once another runner has started', async () => {
    const ref = await lost();
    const second = await runner({}, await stage.enroll('second'));
    const newer = await acceptNext(second.connection);
    const { welcome } = await runner({ held: [held(ref, 3)] });
    expect(welcome.positions).toMatchObject([{ verdict: 'VERDICT_DISCARD' }]);
    await finish(second.connection, newer, lines);
    expect(await view(ref.runId)).toMatchObject({ state: 'success', attempt: 2 });
  });

  it('is rejected once another run of its service has started, even if that run has ended', async () => {
    const ref = await lost({ retryOfferMs: 60_000 });
    const second = await runner({}, await stage.enroll('second'));
    const retry = await nextOffer(second.connection);
    second.connection.send('reject', {
      ref: retry,
      code: 'AT_CAPACITY',
      message: 'full',
      permanent: false,
    });
    await waitForWait(ref.runId, 'OFFER_PAUSE');
    const later = await startRun(stage.api);
    const newer = await acceptNext(second.connection);
    expect(newer.runId).toBe(later);
    await finish(second.connection, newer);
    const { welcome } = await runner({ held: [held(ref, 3)] });
    expect(welcome.positions).toMatchObject([{ verdict: 'VERDICT_DISCARD' }]);
    expect(await view(ref.runId)).toMatchObject({ state: 'queued', attempt: 2 });
  });

  it('continues when its runner stayed connected and delivers late', async () => {
    await openPrepared({ leaseTtlMs: 500 });
    const { connection } = await runner({ capacity: 1 });
    await startRun(stage.api);
    const ref = await acceptNext(connection);
    const other = await nextOffer(connection);
    expect(other).toMatchObject({ attempt: 2 });
    connection.send('heartbeat', { number: 1, leases: [ref] });
    expect(await connection.take('heartbeatReply')).toMatchObject({ renewed: [{ ref }], lost: [] });
    connection.send('batch', batch(ref, 1, [...lines, outcomeLine(lines)], { last: true }));
    await connection.take('ack');
    expect(await view(ref.runId)).toMatchObject({ state: 'success', attempt: 1 });
  });
});
