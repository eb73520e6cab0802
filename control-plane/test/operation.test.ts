import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batch, logLine, outcomeLine } from './fake-records.ts';
import { connect, type Connection, type Identity, type Ref } from './fake-runner.ts';
import { eventually, openStage, prepareCatalog, startRun, type Stage } from './stage.ts';

let stage: Stage;
let identity: Identity;
let connection: Connection;

beforeEach(async () => {
  stage = await openStage();
  identity = await stage.enroll('edge');
  ({ connection } = await connect('ws', stage, identity));
  await prepareCatalog(stage.api);
});
afterEach(async () => {
  connection.close();
  await stage.close();
});

const offer = () => connection.take<{ ref: Ref; deadlineMs: number }>('offer');

async function runOnce(status = 'success'): Promise<string> {
  const id = await startRun(stage.api);
  const { ref } = await offer();
  connection.send('accept', { ref });
  const lines = [logLine('one')];
  connection.send(
    'batch',
    batch(ref, 1, [...lines, outcomeLine(lines, { status })], { last: true }),
  );
  await connection.take('ack');
  return id;
}

describe('deadline', () => {
  it('comes from the pipeline or from the start request', async () => {
    await stage.api.put(
      '/api/v1/pipelines/sandbox_metadata',
      { service: 'sandbox', deadlineMs: 60_000 },
      { 'if-match': '*' },
    );
    await startRun(stage.api);
    const { ref, ...first } = await offer();
    expect(first).toMatchObject({ deadlineMs: 60_000 });
    connection.send('batch', batch(ref, 1, [outcomeLine([])], { last: true }));
    const { body } = await stage.api.post(
      '/api/v1/pipelines/sandbox_metadata/runs?deadlineMs=5000',
    );
    expect(body).toMatchObject({ deadlineMs: 5000 });
    expect(await offer()).toMatchObject({ deadlineMs: 5000 });
    expect(
      (await stage.api.post('/api/v1/pipelines/sandbox_metadata/runs?deadlineMs=-1')).status,
    ).toBe(400);
  });
});

describe('draining a runner', () => {
  const runner = async () => (await stage.api.get('/api/v1/runners')).body.runners[0];

  it('notifies the runner and offers it nothing until it is resumed', async () => {
    const path = `/api/v1/runners/${identity.runnerId}`;
    expect((await stage.api.post(`${path}/drain`, { reason: 'repairs' })).body).toMatchObject({
      draining: true,
      drainReason: 'repairs',
    });
    expect(await connection.take('drain')).toMatchObject({ reason: 'repairs' });
    const id = await startRun(stage.api);
    connection.send('heartbeat', {
      number: 1,
      leases: [],
      running: 0,
      capacity: 2,
      draining: true,
    });
    await connection.take('heartbeatReply');
    connection.close();
    ({ connection } = await connect('ws', stage, identity));
    expect(await connection.take('drain')).toMatchObject({ reason: 'repairs' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await stage.api.get(`/api/v1/runs/${id}`)).body).toMatchObject({ state: 'queued' });
    connection.send('heartbeat', {
      number: 1,
      leases: [],
      running: 0,
      capacity: 2,
      draining: true,
    });
    await connection.take('heartbeatReply');
    await stage.api.post(`${path}/resume`);
    await connection.closed;
    ({ connection } = await connect('ws', stage, identity));
    expect((await offer()).ref.runId).toBe(id);
    expect(await runner()).toMatchObject({ draining: false, drainReason: null });
  });

  it('rejects an unknown runner', async () => {
    for (const action of ['drain', 'resume'])
      expect((await stage.api.post(`/api/v1/runners/rnr_nobody/${action}`, {})).status).toBe(404);
  });
});

describe('list of runs', () => {
  it('is filtered by state and kind, and read in pages', async () => {
    const failed = await runOnce('partialSuccess');
    const [second, third] = [await runOnce(), await runOnce()];
    const list = async (query: string) => {
      const { runs, next } = (await stage.api.get(`/api/v1/runs?${query}`)).body;
      return [runs.map(({ id }: { id: string }) => id), next];
    };
    expect(await list('state=partialSuccess')).toEqual([[failed], null]);
    expect(await list('kind=test_connection')).toEqual([[], null]);
    expect(await list('limit=2')).toEqual([[third, second], second]);
    expect(await list(`limit=2&before=${second}`)).toEqual([[failed], null]);
    expect((await stage.api.get('/api/v1/runs?state=lost')).status).toBe(400);
  });
});

describe('records of old runs', () => {
  it('are deleted while the runs stay', async () => {
    expect((await stage.api.get('/api/v1/settings')).body).toEqual({ keepRuns: 200 });
    const [old, kept] = [await runOnce(), await runOnce()];
    expect((await stage.api.put('/api/v1/settings', { keepRuns: 1 })).body).toEqual({
      keepRuns: 1,
    });
    await eventually(
      async () => (await stage.api.get(`/api/v1/runs/${old}`)).body.recordsKept === false,
    );
    expect((await stage.api.get(`/api/v1/runs/${old}/records`)).body).toMatchObject({
      error: { code: 'GONE' },
    });
    expect((await stage.api.get(`/api/v1/runs/${old}`)).body).toMatchObject({
      state: 'success',
      integrity: 'ok',
      records: 2,
    });
    expect((await stage.api.get(`/api/v1/runs/${kept}/records`)).text).toContain('"one"');
    expect((await stage.api.get(`/api/v1/runs/${old}/logs`)).body.logs).toEqual([]);
  });
});
