import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Limits } from '../src/limits.ts';
import {
  batch,
  connect,
  logLine,
  outcomeLine,
  tableLine,
  type Connection,
  type HelloOptions,
  type Identity,
  type Ref,
} from './fake-runner.ts';
import {
  eventually,
  openStage,
  prepareCatalog,
  SERVICE,
  startRun,
  SteppedClock,
  temporaryFolder,
  type Stage,
} from './stage.ts';

const HOUR = 3_600_000;
/** Longer than any lease here. */
const LEASE_MS = 120_000;

let stage: Stage;
let clock: SteppedClock;
let identity: Identity;
let connections: Connection[] = [];

async function open(limits: Partial<Limits> = {}, data = temporaryFolder()): Promise<void> {
  clock = new SteppedClock();
  stage = await openStage({ retryOfferMs: 100, ...limits }, data, clock);
}

async function prepared(limits: Partial<Limits> = {}, data = temporaryFolder()): Promise<void> {
  await open(limits, data);
  identity = await stage.enroll('first');
  await prepareCatalog(stage.api);
}

afterEach(async () => {
  for (const connection of connections) connection.close();
  connections = [];
  await stage.close();
});

async function runner(options: HelloOptions = {}, who = identity) {
  const connected = await connect('ws', stage, who, options);
  connections.push(connected.connection);
  return connected;
}

const offerOf = (connection: Connection): Promise<Ref> =>
  connection.take<{ ref: Ref }>('offer').then(({ ref }) => ref);
const view = async (id: string) => (await stage.api.get(`/api/v1/runs/${id}`)).body;
const becomes = (id: string, expected: object) =>
  eventually(async () => {
    const found = await view(id);
    return Object.entries(expected).every(([key, value]) => found[key] === value) && found;
  });
const waitsFor = (id: string, code: string) =>
  eventually(async () => {
    const { waiting } = await view(id);
    return waiting?.code === code && waiting;
  });

async function taken(connection: Connection): Promise<Ref> {
  const ref = await offerOf(connection);
  connection.send('accept', { ref });
  await becomes(ref.runId, { state: 'running' });
  return ref;
}

async function finish(
  connection: Connection,
  ref: Ref,
  lines: readonly string[] = [],
  outcome: object = {},
  from = 1,
): Promise<void> {
  connection.send(
    'batch',
    batch(ref, from, [...lines.slice(from - 1), outcomeLine(lines, outcome)], { last: true }),
  );
  await connection.take('ack');
}

const held = (ref: Ref, durableSequence: number, more: object = {}) => ({
  ref,
  durableSequence,
  complete: true,
  ...more,
});
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a step of the wall clock', () => {
  it.each([
    ['forward', HOUR],
    ['back', -HOUR],
  ])('%s takes no run from a living runner', async (_name, step) => {
    await prepared({ leaseTtlMs: 3000 });
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await taken(connection);
    clock.step(step);
    await pause(1200);
    expect(await view(ref.runId)).toMatchObject({ state: 'running', attempt: 1 });
    await finish(connection, ref);
  });

  it('back leaves no queued run without an offer', async () => {
    await prepared();
    const id = await startRun(stage.api);
    clock.step(-HOUR);
    const { connection } = await runner();
    expect((await taken(connection)).runId).toBe(id);
  });

  it('back leaves no run with a runner that is gone', async () => {
    await prepared({ leaseTtlMs: 600 });
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await taken(connection);
    connection.close();
    clock.step(-HOUR);
    await becomes(ref.runId, { state: 'queued', attempt: 2 });
  });
});

describe('an offer without an answer', () => {
  it('is given to nobody else while its runner comes back, which may be about to begin; only when its lease is over', async () => {
    await prepared({ leaseTtlMs: 1500 });
    const { connection } = await runner();
    const id = await startRun(stage.api);
    const ref = await offerOf(connection);
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

describe('an attempt whose lease ran out', () => {
  const lines = [tableLine('A'), logLine('one')];

  /** It was at work, one record is stored, and its runner is away. */
  async function lost(limits: Partial<Limits> = {}): Promise<Ref> {
    await prepared({ leaseTtlMs: 800, ...limits });
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await taken(connection);
    connection.send('batch', batch(ref, 1, lines.slice(0, 1)));
    await connection.take('ack');
    connection.close();
    await becomes(ref.runId, { state: 'queued', attempt: 2 });
    return ref;
  }

  it('is taken when it comes back finished and nobody else has begun', async () => {
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

  it('is taken though the run has been offered to another runner, whose answer comes too late', async () => {
    const ref = await lost();
    const second = await runner({}, await stage.enroll('second'));
    const offered = await offerOf(second.connection);
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

  it('gives its run out with an epoch that is new, when it is lost again', async () => {
    const ref = await lost();
    const second = await runner({}, await stage.enroll('second'));
    const offered = await offerOf(second.connection);
    const { connection } = await runner({ held: [held(ref, 3)] });
    await finish(connection, ref, lines, { status: 'interrupted', digest: '' }, 2);
    const third = await Promise.race([offerOf(connection), offerOf(second.connection)]);
    expect(third).toEqual({ runId: ref.runId, attempt: 2, epoch: offered.epoch + 1 });
  });

  it('is not taken once another runner has begun', async () => {
    const ref = await lost();
    const second = await runner({}, await stage.enroll('second'));
    const newer = await taken(second.connection);
    const { welcome } = await runner({ held: [held(ref, 3)] });
    expect(welcome.positions).toMatchObject([{ verdict: 'VERDICT_DISCARD' }]);
    await finish(second.connection, newer, lines);
    expect(await view(ref.runId)).toMatchObject({ state: 'success', attempt: 2 });
  });

  it('is not taken once another run of its service has begun, though that has ended since', async () => {
    const ref = await lost({ retryOfferMs: 60_000 });
    const second = await runner({}, await stage.enroll('second'));
    const retry = await offerOf(second.connection);
    second.connection.send('reject', {
      ref: retry,
      code: 'AT_CAPACITY',
      message: 'full',
      permanent: false,
    });
    await waitsFor(ref.runId, 'OFFER_PAUSE');
    const later = await startRun(stage.api);
    const newer = await taken(second.connection);
    expect(newer.runId).toBe(later);
    await finish(second.connection, newer);
    const { welcome } = await runner({ held: [held(ref, 3)] });
    expect(welcome.positions).toMatchObject([{ verdict: 'VERDICT_DISCARD' }]);
    expect(await view(ref.runId)).toMatchObject({ state: 'queued', attempt: 2 });
  });

  it('goes on when its runner stayed connected and delivers late', async () => {
    await prepared({ leaseTtlMs: 500 });
    const { connection } = await runner({ capacity: 1 });
    await startRun(stage.api);
    const ref = await taken(connection);
    const other = await offerOf(connection);
    expect(other).toMatchObject({ attempt: 2 });
    connection.send('heartbeat', { number: 1, leases: [ref] });
    expect(await connection.take('heartbeatReply')).toMatchObject({ renewed: [{ ref }], lost: [] });
    connection.send('batch', batch(ref, 1, [...lines, outcomeLine(lines)], { last: true }));
    await connection.take('ack');
    expect(await view(ref.runId)).toMatchObject({ state: 'success', attempt: 1 });
  });
});

describe('runs of one service', () => {
  it('are at work one after the other, a cancelled one until it has ended; a connection test runs beside', async () => {
    await prepared();
    const { connection } = await runner({ capacity: 4 });
    const first = await startRun(stage.api);
    const ref = await taken(connection);
    const second = await startRun(stage.api);
    expect(await waitsFor(second, 'SERVICE_BUSY')).toMatchObject({
      message: expect.stringContaining(first),
      endsAt: null,
    });
    const test = (await stage.api.post('/api/v1/services/sandbox/test-connection')).body.id;
    expect((await taken(connection)).runId).toBe(test);
    await stage.api.post(`/api/v1/runs/${first}/cancel`);
    await pause(600);
    expect(await view(second)).toMatchObject({ state: 'queued' });
    await finish(connection, ref, [], { status: 'cancelled' });
    expect((await taken(connection)).runId).toBe(second);
  });

  it('are placed one at a time when several wait for the same runner', async () => {
    await prepared();
    const [first, second] = [await startRun(stage.api), await startRun(stage.api)];
    const { connection } = await runner({ capacity: 4 });
    expect((await taken(connection)).runId).toBe(first);
    expect(await waitsFor(second, 'SERVICE_BUSY')).toMatchObject({
      message: expect.stringContaining(first),
    });
  });

  it('of another service go on meanwhile', async () => {
    await prepared();
    await stage.api.put('/api/v1/services/other', SERVICE);
    await stage.api.put('/api/v1/pipelines/other', { service: 'other' });
    const { connection } = await runner();
    await startRun(stage.api);
    await taken(connection);
    const other = (await stage.api.post('/api/v1/pipelines/other/runs')).body.id;
    expect((await taken(connection)).runId).toBe(other);
  });
});

describe('a failure that may pass', () => {
  const failed = {
    status: 'failed',
    error: { code: 'SALESFORCE_BUSY', message: 'maintenance', remedy: 'wait', retryable: true },
  };

  it('is tried again after growing pauses, a bounded number of times', async () => {
    await prepared({ maxAttempts: 3, retryPauseMs: 200 });
    const { connection } = await runner();
    const id = await startRun(stage.api);
    await finish(connection, await taken(connection), [], failed);
    const first = await waitsFor(id, 'RETRY_PAUSE');
    expect(await view(id)).toMatchObject({
      state: 'queued',
      attempt: 2,
      maxAttempts: 3,
      lastFailure: { code: 'SALESFORCE_BUSY', message: 'maintenance' },
    });
    expect(first.retryAt).toBeGreaterThan(Date.now() - 240_000);
    await finish(connection, await taken(connection), [], failed);
    const again = Date.now();
    await finish(connection, await taken(connection), [], failed);
    expect(Date.now() - again).toBeGreaterThanOrEqual(700);
    expect(await becomes(id, { state: 'failed' })).toMatchObject({
      attempt: 3,
      error: { code: 'SALESFORCE_BUSY', message: 'maintenance (attempt 3 of 3)' },
    });
  });

  it('ends a connection test at once, because a person waits for its result', async () => {
    await prepared();
    const { connection } = await runner();
    const id = (await stage.api.post('/api/v1/services/sandbox/test-connection')).body.id;
    await finish(connection, await taken(connection), [], failed);
    expect(await view(id)).toMatchObject({ state: 'failed', attempt: 1 });
  });

  it('is not in the way of a later run of the service', async () => {
    await prepared();
    const { connection } = await runner();
    await startRun(stage.api);
    await finish(connection, await taken(connection), [], failed);
    const later = await startRun(stage.api);
    expect((await taken(connection)).runId).toBe(later);
  });

  it('keeps its pause over a restart, and no longer than it would have been', async () => {
    const data = temporaryFolder();
    await prepared({ retryPauseMs: 2000 }, { path: data.path, remove: () => undefined });
    const { connection } = await runner();
    const id = await startRun(stage.api);
    await finish(connection, await taken(connection), [], failed);
    await stage.close();
    await open({ retryPauseMs: 2000 }, data);
    expect(await view(id)).toMatchObject({ state: 'queued', attempt: 2 });
    const back = await runner();
    expect(await waitsFor(id, 'RETRY_PAUSE')).toBeTruthy();
    expect(await waitsFor(id, 'RESTARTED')).toBeTruthy();
    clock.skip(LEASE_MS);
    expect(await offerOf(back.connection)).toMatchObject({ runId: id, attempt: 2 });
  });
});

describe('a run that waits', () => {
  it('says which runner it waits for and since when that is away, and ends after the limit', async () => {
    await prepared({ absenceLimitMs: 1500 });
    await prepareCatalog(stage.api, 'first');
    const id = await startRun(stage.api);
    expect(await waitsFor(id, 'RUNNER_AWAY')).toMatchObject({
      message: expect.stringMatching(/^waiting for runner first, .*never/),
    });
    expect(await becomes(id, { state: 'expired' })).toMatchObject({
      error: {
        code: 'RUNNER_UNAVAILABLE',
        message: expect.stringContaining('waiting for runner first'),
      },
    });
  });

  it('says that none is connected, that one drains, that one reports trouble and that one is full', async () => {
    await prepared();
    const id = await startRun(stage.api);
    expect(await waitsFor(id, 'NO_RUNNER')).toMatchObject({
      since: expect.any(Number),
      endsAt: expect.any(Number),
      remedy: expect.stringContaining('Start a runner'),
    });
    const { connection } = await runner({ draining: true });
    expect(await waitsFor(id, 'RUNNER_DRAINING')).toMatchObject({
      message: expect.stringContaining('first'),
    });
    connection.send('heartbeat', { number: 1, capacity: 1, condition: 'DISK_FULL' });
    expect(await waitsFor(id, 'RUNNER_UNHEALTHY')).toMatchObject({
      message: expect.stringContaining('DISK_FULL'),
    });
    connection.send('heartbeat', { number: 2, capacity: 0 });
    expect(await waitsFor(id, 'AT_CAPACITY')).toMatchObject({ endsAt: null });
    connection.send('heartbeat', { number: 3, capacity: 1 });
    expect((await taken(connection)).runId).toBe(id);
  });

  it('counts the limit anew after a runner was there', async () => {
    await prepared({ absenceLimitMs: 60_000 });
    const id = await startRun(stage.api);
    const first = await waitsFor(id, 'NO_RUNNER');
    const { connection } = await runner({ capacity: 0 });
    await waitsFor(id, 'AT_CAPACITY');
    connection.close();
    expect((await waitsFor(id, 'NO_RUNNER')).since).toBeGreaterThan(first.since);
  });

  it('says so for a runner that has been revoked', async () => {
    await prepared();
    await prepareCatalog(stage.api, 'first');
    const second = await startRun(stage.api);
    await stage.api.post(`/api/v1/runners/${identity.runnerId}/revoke`);
    await waitsFor(second, 'RUNNER_REVOKED');
  });
});

describe('a store restored from a backup', () => {
  /** Copies the store as it is on disk now; `restore` puts that copy back while the control plane is down. */
  async function backup(path: string): Promise<() => void> {
    const store = join(path, 'store.sqlite');
    copyFileSync(store, join(path, 'copy'));
    copyFileSync(`${store}-wal`, join(path, 'copy-wal'));
    return () => {
      rmSync(`${store}-shm`, { force: true });
      copyFileSync(join(path, 'copy'), store);
      copyFileSync(join(path, 'copy-wal'), `${store}-wal`);
    };
  }

  it('gives out no epoch that a runner still holds, and the run is done again', async () => {
    const data = temporaryFolder();
    await prepared({}, { path: data.path, remove: () => undefined });
    const id = await startRun(stage.api);
    const restore = await backup(data.path);
    const { connection } = await runner();
    const ref = await taken(connection);
    expect(ref.epoch).toBe(1);
    connection.close();
    await stage.close();
    restore();
    await open({}, data);
    const back = await runner({ held: [held(ref, 5, { running: true, complete: false })] });
    expect(back.welcome.positions).toEqual([
      { ref, verdict: 'VERDICT_DISCARD', storedSequence: 0 },
    ]);
    expect(await waitsFor(id, 'RESTARTED')).toBeTruthy();
    clock.skip(LEASE_MS);
    const again = await taken(back.connection);
    expect(again).toEqual({ runId: id, attempt: 1, epoch: 2 });
    await finish(back.connection, again);
    expect(await view(id)).toMatchObject({ state: 'success' });
  });

  it('that lost records it had acknowledged does the run again', async () => {
    const data = temporaryFolder();
    await prepared({ maxAttempts: 1 }, { path: data.path, remove: () => undefined });
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await taken(connection);
    const restore = await backup(data.path);
    connection.send('batch', batch(ref, 1, [tableLine('A'), tableLine('B')]));
    await connection.take('ack');
    connection.close();
    await stage.close();
    restore();
    await open({ maxAttempts: 1 }, data);
    const back = await runner({ held: [held(ref, 5, { acknowledgedSequence: 2 })] });
    expect(back.welcome.positions).toMatchObject([{ verdict: 'VERDICT_DISCARD' }]);
    clock.skip(LEASE_MS);
    expect(await taken(back.connection)).toEqual({ runId: ref.runId, attempt: 2, epoch: 2 });
    expect(await view(ref.runId)).toMatchObject({ lastFailure: { code: 'STORE_ROLLED_BACK' } });
  });
});
