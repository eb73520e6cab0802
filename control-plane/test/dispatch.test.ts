import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
import { eventually, openStage, prepareCatalog, startRun, type Stage } from './stage.ts';

let stage: Stage;
let identity: Identity;
let connections: Connection[];

const PATIENT: Partial<Limits> = { retryOfferMs: 100, maxAttempts: 2 };
let limits = PATIENT;

/** For the tests of one block. */
function use(more: Partial<Limits>): void {
  beforeAll(() => {
    limits = { ...PATIENT, ...more };
  });
  afterAll(() => {
    limits = PATIENT;
  });
}

beforeEach(async () => {
  stage = await openStage(limits);
  identity = await stage.enroll('first');
  connections = [];
  await prepareCatalog(stage.api);
});
afterEach(async () => {
  for (const connection of connections) connection.close();
  await stage.close();
});

async function runner(options: HelloOptions = {}, who = identity) {
  const connected = await connect('ws', stage, who, options);
  connections.push(connected.connection);
  return connected;
}

const offerOf = (connection: Connection): Promise<Ref> =>
  connection.take<{ ref: Ref }>('offer').then(({ ref }) => ref);
const run = async (id: string) =>
  (await stage.api.get(`/api/v1/runs/${id}`)).body as Record<string, unknown>;
const reaches = (id: string, state: string) =>
  eventually(async () => {
    const view = await run(id);
    return view['state'] === state && view;
  });

async function taken(connection: Connection): Promise<Ref> {
  const ref = await offerOf(connection);
  connection.send('accept', { ref });
  await reaches(ref.runId, 'running');
  return ref;
}

async function finish(connection: Connection, ref: Ref, outcome: object = {}): Promise<void> {
  connection.send('batch', batch(ref, 1, [outcomeLine([], outcome)], { last: true }));
  await connection.take('ack');
}

describe('offers', () => {
  it('keeps a run for the runner that connects later', async () => {
    const id = await startRun(stage.api);
    expect(await run(id)).toMatchObject({ state: 'queued', attempt: 1 });
    const { connection } = await runner();
    expect((await taken(connection)).runId).toBe(id);
  });

  it('gives a runner no more than its capacity', async () => {
    const { connection } = await runner({ capacity: 1 });
    const first = await startRun(stage.api);
    const second = await startRun(stage.api);
    const ref = await taken(connection);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([ref.runId, (await run(second))['state']]).toEqual([first, 'queued']);
    await finish(connection, ref);
    expect((await offerOf(connection)).runId).toBe(second);
  });

  it('offers nothing to a runner that drains', async () => {
    await runner({ draining: true });
    const id = await startRun(stage.api);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await run(id)).toMatchObject({ state: 'queued' });
  });

  it('gives a service that names a runner to that runner alone', async () => {
    const identity = await stage.enroll('second');
    await prepareCatalog(stage.api, 'second');
    await runner();
    const second = await runner({}, identity);
    const id = await startRun(stage.api);
    expect((await taken(second.connection)).runId).toBe(id);
  });

  it('gives a run to the runner that remembers what the catalog has, though another has more room, and to that one when nobody does', async () => {
    const first = await runner({ capacity: 1 });
    const done = async (
      connection: Connection,
      lines: readonly string[],
      outcome: object = {},
    ): Promise<void> => {
      await startRun(stage.api);
      const ref = await taken(connection);
      connection.send(
        'batch',
        batch(ref, 1, [...lines, outcomeLine(lines, outcome)], { last: true }),
      );
      await connection.take('ack');
    };
    await done(first.connection, [tableLine('A')]);
    const second = await runner({ capacity: 4 }, await stage.enroll('second'));
    await done(first.connection, [tableLine('A')]);
    await done(first.connection, [tableLine('B')], { status: 'failed' });
    await done(second.connection, [tableLine('A')]);
    await done(second.connection, [tableLine('A')]);
    second.connection.close();
    await eventually(async () =>
      (await stage.api.get('/api/v1/runners')).body.runners.some(
        ({ connected }: { connected: boolean }) => !connected,
      ),
    );
    await done(first.connection, [tableLine('A')]);
  });

  it('offers again after a while when a runner has no room', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await offerOf(connection);
    connection.send('reject', { ref, code: 'AT_CAPACITY', message: 'full', permanent: false });
    expect(await offerOf(connection)).toMatchObject({ attempt: 1, epoch: 2 });
  });

  it('moves a run that one runner refuses for good to another, and fails it when all have', async () => {
    const second = await stage.enroll('second');
    const id = await startRun(stage.api);
    const one = await runner();
    const ref = await offerOf(one.connection);
    const two = await runner({}, second);
    one.connection.send('reject', {
      ref,
      code: 'POLICY_DENIED',
      message: 'not here',
      permanent: true,
    });
    const again = await offerOf(two.connection);
    two.connection.send('reject', {
      ref: again,
      code: 'POLICY_DENIED',
      message: 'nor here',
      permanent: true,
    });
    expect(await reaches(id, 'failed')).toMatchObject({
      error: { code: 'POLICY_DENIED', message: 'nor here' },
    });
  });
});

describe('offers without an answer', () => {
  use({ leaseTtlMs: 400 });

  it('offers again with a higher epoch when no answer comes, at no cost of an attempt', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const first = await offerOf(connection);
    const second = await offerOf(connection);
    expect(second).toEqual({ runId: first.runId, attempt: 1, epoch: first.epoch + 1 });
    connection.send('accept', { ref: first });
    expect(await connection.take('cancel')).toMatchObject({ ref: first });
  });
});

describe('leases that are renewed', () => {
  use({ leaseTtlMs: 2000 });

  it('last longer than the time they were given for', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await taken(connection);
    for (let number = 1; number <= 6; number++) {
      connection.send('heartbeat', { number, leases: [ref], running: 1, capacity: 2 });
      expect(await connection.take('heartbeatReply')).toMatchObject({
        number,
        renewed: [{ ref, ttlMs: 2000 }],
        lost: [],
      });
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    expect(await run(ref.runId)).toMatchObject({ state: 'running', attempt: 1 });
  });
});

describe('leases', () => {
  use({ leaseTtlMs: 1200 });

  it('run out, and the run goes on as another attempt that fences off the first', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const first = await taken(connection);
    connection.send('batch', batch(first, 1, [tableLine('Stale'), logLine('from the first')]));
    await connection.take('ack');
    const second = await taken(connection);
    expect(second).toEqual({ runId: first.runId, attempt: 2, epoch: first.epoch + 1 });
    connection.send('heartbeat', { number: 1, leases: [first] });
    expect(await connection.take('heartbeatReply')).toMatchObject({ renewed: [], lost: [first] });
    connection.send('batch', batch(first, 3, [tableLine('Late')]));
    expect(await connection.take('nack')).toMatchObject({ code: 'NACK_CODE_STALE_EPOCH' });
    const lines = [logLine('from the second'), tableLine('Fresh')];
    connection.send('batch', batch(second, 1, [...lines, outcomeLine(lines)], { last: true }));
    await connection.take('ack');
    expect(await run(first.runId)).toMatchObject({
      state: 'success',
      attempt: 2,
      entities: 1,
      records: 3,
      integrity: 'ok',
    });
    const { logs } = (await stage.api.get(`/api/v1/runs/${first.runId}/logs`)).body;
    expect(
      logs.map((line: { attempt: number; message: string }) => [line.attempt, line.message]),
    ).toEqual([
      [1, 'from the first'],
      [2, 'from the second'],
    ]);
  });

  it('that run out at the last attempt fail the run and say why', async () => {
    const { connection } = await runner();
    const id = await startRun(stage.api);
    await taken(connection);
    await taken(connection);
    expect((await reaches(id, 'failed'))['error']).toMatchObject({
      code: 'LEASE_LOST',
      message: expect.stringContaining('attempt 2 of 2'),
    });
  });
});

describe('attempts that end without a result', () => {
  it.each([
    [
      'interrupted',
      {
        status: 'interrupted',
        digest: '',
        error: { code: 'WORKER_DIED', message: 'gone', remedy: '', retryable: true },
      },
    ],
    [
      'stopped with its runner',
      {
        status: 'failed',
        error: { code: 'RUNNER_STOPPED', message: 'stopped', remedy: '', retryable: true },
      },
    ],
  ])('are tried again when %s', async (_name, outcome) => {
    const { connection } = await runner();
    await startRun(stage.api);
    await finish(connection, await taken(connection), outcome);
    expect(await offerOf(connection)).toMatchObject({ attempt: 2, epoch: 2 });
  });

  it('are not tried again when the job itself failed', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await taken(connection);
    await finish(connection, ref, {
      status: 'failed',
      error: {
        code: 'SALESFORCE_LOGIN_FAILED',
        message: 'bad password',
        remedy: 'check',
        retryable: false,
      },
    });
    expect(await run(ref.runId)).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { code: 'SALESFORCE_LOGIN_FAILED' },
    });
  });

  it('are tried again when the runner comes back without them', async () => {
    const first = await runner();
    await startRun(stage.api);
    const ref = await taken(first.connection);
    first.connection.close();
    const second = await runner();
    expect(await offerOf(second.connection)).toEqual({ runId: ref.runId, attempt: 2, epoch: 2 });
  });
});

describe('resuming', () => {
  it('tells the position of each attempt that the runner still holds and shall keep', async () => {
    const first = await runner();
    await startRun(stage.api);
    const ref = await taken(first.connection);
    first.connection.send('batch', batch(ref, 1, [tableLine('A'), tableLine('B')]));
    await first.connection.take('ack');
    first.connection.close();
    const stale = { runId: 'run_unknown', attempt: 1, epoch: 1 };
    const second = await runner({
      held: [
        { ref, durableSequence: 9, running: true },
        { ref: stale, durableSequence: 3 },
      ],
    });
    expect(second.welcome.positions).toEqual([
      { ref, verdict: 'VERDICT_KEEP', storedSequence: 2 },
      { ref: stale, verdict: 'VERDICT_DISCARD', storedSequence: 0 },
    ]);
    const lines = [tableLine('A'), tableLine('B')];
    second.connection.send('batch', batch(ref, 3, [outcomeLine(lines)], { last: true }));
    await second.connection.take('ack');
    expect(await run(ref.runId)).toMatchObject({
      state: 'success',
      attempt: 1,
      records: 3,
      integrity: 'ok',
    });
  });

  it('counts an attempt that the runner holds as accepted, though the answer was lost', async () => {
    const first = await runner();
    const id = await startRun(stage.api);
    const ref = await offerOf(first.connection);
    first.connection.close();
    const second = await runner({ held: [{ ref, running: true }] });
    expect(second.welcome.positions).toMatchObject([{ verdict: 'VERDICT_KEEP' }]);
    expect(await run(id)).toMatchObject({ state: 'running', attempt: 1 });
  });
});

describe('cancelling', () => {
  it('ends a waiting run at once, and only once', async () => {
    const id = await startRun(stage.api);
    expect((await stage.api.post(`/api/v1/runs/${id}/cancel`)).body).toMatchObject({
      state: 'cancelled',
      error: { code: 'CANCELLED' },
    });
    expect((await stage.api.post(`/api/v1/runs/${id}/cancel`)).status).toBe(409);
  });

  it('reaches the runner, whose outcome ends the run', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await taken(connection);
    await stage.api.post(`/api/v1/runs/${ref.runId}/cancel`);
    expect(await connection.take('cancel')).toMatchObject({ ref });
    expect(await run(ref.runId)).toMatchObject({ state: 'running', cancelRequested: true });
    await finish(connection, ref, { status: 'cancelled' });
    expect(await run(ref.runId)).toMatchObject({ state: 'cancelled' });
  });

  it('reaches a runner that is away when it comes back', async () => {
    const first = await runner();
    await startRun(stage.api);
    const ref = await taken(first.connection);
    first.connection.close();
    await stage.api.post(`/api/v1/runs/${ref.runId}/cancel`);
    const second = await runner({ held: [{ ref, running: true }] });
    expect(await second.connection.take('cancel')).toMatchObject({ ref });
  });
});

describe('cancelling a run of a runner that never comes back', () => {
  use({ leaseTtlMs: 500 });

  it('ends the run when its lease runs out', async () => {
    const { connection } = await runner();
    await startRun(stage.api);
    const ref = await taken(connection);
    connection.close();
    await stage.api.post(`/api/v1/runs/${ref.runId}/cancel`);
    expect(await reaches(ref.runId, 'cancelled')).toMatchObject({ attempt: 1 });
  });
});
