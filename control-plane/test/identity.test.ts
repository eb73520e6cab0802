import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Limits } from '../src/limits.ts';
import { batch, outcomeLine, tableLine } from './fake-records.ts';
import {
  connect,
  dial,
  sayHello,
  type Connection,
  type HelloOptions,
  type Identity,
  type Ref,
} from './fake-runner.ts';
import { eventually, openStage, prepareCatalog, startRun, type Stage } from './stage.ts';

const CHECKED = ['zstd', 'identity-check'];
const ORIGINAL = { bootId: 'original', features: CHECKED };
const COPY = { bootId: 'copy', features: CHECKED };

let stage: Stage;
let identity: Identity;
let connections: Connection[];

async function open(limits: Partial<Limits> = {}): Promise<void> {
  stage = await openStage({ identityCheckMs: 300, ...limits });
  identity = await stage.enroll('edge');
  await prepareCatalog(stage.api);
  connections = [];
}

beforeEach(() => open());
afterEach(async () => {
  for (const connection of connections) connection.close();
  await stage.close();
});

async function runner(options: HelloOptions) {
  const connected = await connect('ws', stage, identity, options);
  connections.push(connected.connection);
  return connected;
}

async function hello(options: HelloOptions): Promise<Connection> {
  const connection = await dial('ws', stage);
  connections.push(connection);
  await sayHello(connection, identity, stage, options);
  return connection;
}

/** Answers identity checks like an active process. */
async function lives(connection: Connection, leases: readonly Ref[] = []): Promise<void> {
  const { number } = await connection.take<{ number: number }>('identityCheck');
  connection.send('heartbeat', {
    number: 1,
    leases,
    running: leases.length,
    capacity: 2,
    identityCheck: number,
  });
}

async function atWork(connection: Connection): Promise<Ref> {
  await startRun(stage.api);
  const { ref } = await connection.take<{ ref: Ref }>('offer');
  connection.send('accept', { ref });
  await eventually(
    async () => (await stage.api.get(`/api/v1/runs/${ref.runId}`)).body.state === 'running',
  );
  return ref;
}

const shown = async () => (await stage.api.get('/api/v1/runners')).body.runners[0];

describe('copy of a runner', () => {
  it('is rejected temporarily while the original answers, and the conflict is shown', async () => {
    const original = await runner(ORIGINAL);
    const ref = await atWork(original.connection);
    const copy = await hello(COPY);
    await lives(original.connection, [ref]);
    expect(await copy.take('refusal')).toMatchObject({
      code: 'IDENTITY_IN_USE',
      permanent: false,
      retryAfterMs: 30_000,
    });
    await copy.closed;
    expect(await shown()).toMatchObject({
      connected: true,
      condition: 'IDENTITY_IN_USE',
      conditionMessage: expect.stringMatching(/Two processes.*test, 0\.1\.0.*enroll --replace/),
    });
    original.connection.send(
      'batch',
      batch(ref, 1, [tableLine('A'), outcomeLine([tableLine('A')])], { last: true }),
    );
    await original.connection.take('ack');
    expect((await stage.api.get(`/api/v1/runs/${ref.runId}`)).body).toMatchObject({
      state: 'success',
      attempt: 1,
    });
  });

  it('gets no run whose lease the disconnected original may still hold', async () => {
    const original = await runner(ORIGINAL);
    const ref = await atWork(original.connection);
    original.connection.close();
    await eventually(async () => !(await shown()).connected);
    expect(await (await hello(COPY)).take('refusal')).toMatchObject({
      code: 'IDENTITY_IN_USE',
      permanent: false,
    });
    const back = await runner({ ...ORIGINAL, held: [{ ref, running: true }] });
    expect(back.welcome.positions).toMatchObject([{ verdict: 'VERDICT_KEEP' }]);
  });

  it('gets no run that it holds a copy of before the lease of the original expires', async () => {
    await stage.close();
    await open({ leaseTtlMs: 1500 });
    const original = await runner(ORIGINAL);
    const ref = await atWork(original.connection);
    original.connection.close();
    await eventually(async () => !(await shown()).connected);
    const copied = { ...COPY, held: [{ ref, complete: true }], predecessorEnded: false };
    expect(await (await hello(copied)).take('refusal')).toMatchObject({
      code: 'BUSY',
      permanent: false,
    });
    expect(await shown()).toMatchObject({ condition: '' });
    await eventually(
      async () => (await stage.api.get(`/api/v1/runs/${ref.runId}`)).body.state === 'queued',
    );
    expect((await runner(copied)).welcome.positions).toHaveLength(1);
  });

  it('gets no run that it holds a copy of before the lease of an offer whose acceptance was lost expires', async () => {
    await stage.close();
    await open({ leaseTtlMs: 1500 });
    const original = await runner(ORIGINAL);
    await startRun(stage.api);
    const { ref } = await original.connection.take<{ ref: Ref }>('offer');
    original.connection.close();
    await eventually(async () => !(await shown()).connected);
    const copied = { ...COPY, held: [{ ref, complete: true }], predecessorEnded: false };
    expect(await (await hello(copied)).take('refusal')).toMatchObject({
      code: 'BUSY',
      permanent: false,
    });
    const restarted = { ...copied, bootId: 'restarted', predecessorEnded: true };
    expect((await runner(restarted)).welcome.positions).toMatchObject([
      { verdict: 'VERDICT_KEEP' },
    ]);
  });

  it('is shown only while it keeps trying', async () => {
    const original = await runner(ORIGINAL);
    expect(await shown()).toMatchObject({ condition: '', conditionMessage: '' });
    original.connection.close();
  });

  it('takes over when the original is gone and its leases have expired', async () => {
    await stage.close();
    await open({ leaseTtlMs: 500 });
    const original = await runner(ORIGINAL);
    const ref = await atWork(original.connection);
    original.connection.close();
    await eventually(
      async () => (await stage.api.get(`/api/v1/runs/${ref.runId}`)).body.state === 'queued',
    );
    const copy = await runner(COPY);
    expect(await copy.connection.take('offer')).toMatchObject({
      ref: { runId: ref.runId, attempt: 2 },
    });
  });
});

describe('restarted runner', () => {
  it('takes over from a half-open session when the identity check times out', async () => {
    const old = await runner(ORIGINAL);
    const restarted = await runner({ ...COPY, bootId: 'restarted' });
    restarted.connection.send('heartbeat', { number: 1 });
    expect(await restarted.connection.take('heartbeatReply')).toMatchObject({ number: 1 });
    await old.connection.closed;
    expect(await shown()).toMatchObject({ connected: true, condition: '' });
  });

  it('takes over at once when its old session is closed, and keeps its attempt', async () => {
    const old = await runner(ORIGINAL);
    const ref = await atWork(old.connection);
    old.connection.close();
    const restarted = await runner({
      bootId: 'restarted',
      features: CHECKED,
      held: [{ ref, durableSequence: 1, complete: true }],
    });
    expect(restarted.welcome.positions).toMatchObject([{ verdict: 'VERDICT_KEEP' }]);
  });

  it('connects one process at a time when two arrive together', async () => {
    const [one, two] = [await dial('ws', stage), await dial('ws', stage)];
    connections.push(one, two);
    await Promise.all([
      sayHello(one, identity, stage, { ...ORIGINAL }),
      sayHello(two, identity, stage, { ...COPY }),
    ]);
    const first = await Promise.race([
      one.take('welcome').then(() => one),
      two.take('welcome').then(() => two),
    ]);
    await lives(first);
    expect(await (first === one ? two : one).take('refusal')).toMatchObject({
      code: 'IDENTITY_IN_USE',
    });
  });
});

describe('runner without identity checks', () => {
  it('counts as alive after a recent frame', async () => {
    await runner({ bootId: 'original' });
    expect(await (await hello(COPY)).take('refusal')).toMatchObject({ code: 'IDENTITY_IN_USE' });
  });

  it('is replaced when it has been silent', async () => {
    await stage.close();
    await open({ heartbeatIntervalMs: 100 });
    await runner({ bootId: 'original' });
    await new Promise((resolve) => setTimeout(resolve, 240));
    await runner(COPY);
  });
});
