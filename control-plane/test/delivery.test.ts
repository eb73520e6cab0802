import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batch, logLine, outcomeLine, stepLine, tableLine } from './fake-records.ts';
import { connect, type Connection, type Identity, type Ref } from './fake-runner.ts';
import { eventually, openStage, prepareCatalog, startRun, type Stage } from './stage.ts';

describe.each(['ws', 'grpc'] as const)('delivery over %s', (kind) => {
  let stage: Stage;
  let identity: Identity;
  let connection: Connection;
  let ref: Ref;

  beforeAll(async () => {
    stage = await openStage();
    await prepareCatalog(stage.api);
  });
  afterAll(() => stage.close());

  beforeEach(async () => {
    identity = await stage.enroll();
    ({ connection } = await connect(kind, stage, identity, { capacity: 100 }));
    await prepareCatalog(stage.api, identity.runnerId);
    await startRun(stage.api);
    ref = await accepted(connection);
    // Runs that a test leaves active would block the next one: runs of one service run one after
    // the other.
    return async () => {
      connection.close();
      await stage.api.post(`/api/v1/runners/${identity.runnerId}/revoke`);
    };
  });

  const run = async () =>
    (await stage.api.get(`/api/v1/runs/${ref.runId}`)).body as Record<string, unknown>;

  it('offers the workflow document with secret references', async () => {
    connection.send('batch', batch(ref, 1, [outcomeLine([])], { last: true }));
    await acknowledged(connection, 1);
    await startRun(stage.api);
    const offer = await connection.take<{ kind: string; workflow: Buffer; leaseTtlMs: number }>(
      'offer',
    );
    expect(offer).toMatchObject({ kind: 'metadata', leaseTtlMs: 60_000 });
    expect(JSON.parse(offer.workflow.toString())).toMatchObject({
      source: {
        type: 'salesforce',
        serviceName: 'sandbox',
        serviceConnection: {
          config: { type: 'Salesforce', password: 'secret:/salesforce/sandbox/password' },
        },
        sourceConfig: {
          config: { type: 'DatabaseMetadata', tableFilterPattern: { includes: ['.*'] } },
        },
      },
      workflowConfig: { loggerLevel: 'INFO' },
    });
  });

  it('stores records, log and entities, and ends the run with its outcome', async () => {
    const lines = [
      logLine('begun'),
      tableLine('Account'),
      tableLine('Contact'),
      tableLine('Account'),
    ];
    connection.send('batch', batch(ref, 1, lines.slice(0, 2)));
    connection.send(
      'batch',
      batch(
        ref,
        3,
        [
          ...lines.slice(2),
          outcomeLine(lines, { status: 'partialSuccess', counts: { objects: 2, apiCalls: 7 } }),
        ],
        { last: true, codec: 'CODEC_NONE' },
      ),
    );
    await acknowledged(connection, 5);
    expect(await run()).toMatchObject({
      state: 'partialSuccess',
      attempt: 1,
      records: 5,
      entities: 2,
      counts: { objects: 2, apiCalls: 7 },
      channel: kind,
      integrity: 'ok',
      error: null,
      runner: identity.runnerId,
    });
    const { body } = await stage.api.get(`/api/v1/runs/${ref.runId}/logs`);
    expect(body.logs).toMatchObject([{ sequence: 1, level: 'info', message: 'begun', attempt: 1 }]);
    const records = await stage.api.get(`/api/v1/runs/${ref.runId}/records?after=1&limit=2`);
    expect(records.headers['content-type']).toContain('application/x-ndjson');
    expect(records.text).toBe(`${lines[1]}\n${lines[2]}\n`);
  });

  it('acknowledges stored records again and stores them once', async () => {
    const lines = [tableLine('A'), tableLine('B')];
    connection.send('batch', batch(ref, 1, lines));
    await acknowledged(connection, 2);
    connection.send('batch', batch(ref, 1, lines));
    expect(await connection.take('ack')).toMatchObject({ upTo: 2 });
    expect(await run()).toMatchObject({ records: 2, entities: 2 });
  });

  it('stores the new part of an overlapping batch', async () => {
    const lines = [tableLine('A'), tableLine('B'), tableLine('C')];
    connection.send('batch', batch(ref, 1, lines.slice(0, 2)));
    connection.send(
      'batch',
      batch(ref, 2, [...lines.slice(1), outcomeLine(lines)], { last: true }),
    );
    await acknowledged(connection, 4);
    expect(await run()).toMatchObject({ state: 'success', records: 4, integrity: 'ok' });
  });

  it('requests the missing records when a batch arrives too early', async () => {
    connection.send('batch', batch(ref, 3, [tableLine('C')]));
    expect(await connection.take('nack')).toMatchObject({
      code: 'NACK_CODE_OUT_OF_ORDER',
      expectedSequence: 1,
    });
    expect(await run()).toMatchObject({ records: 0 });
  });

  it('rejects a batch with a wrong checksum', async () => {
    connection.send('batch', batch(ref, 1, [tableLine('A')], { corrupt: true }));
    expect(await connection.take('nack')).toMatchObject({
      code: 'NACK_CODE_CORRUPT',
      expectedSequence: 1,
    });
  });

  it('inflates no further than the announced size', async () => {
    connection.send('batch', batch(ref, 1, ['x'.repeat(1_000_000)], { rawBytes: 100 }));
    expect(await connection.take('nack')).toMatchObject({ code: 'NACK_CODE_CORRUPT' });
    connection.send('batch', batch(ref, 1, ['x'.repeat(9_000_000)]));
    expect(await connection.take('nack')).toMatchObject({ code: 'NACK_CODE_CORRUPT' });
  });

  it('rejects an outdated epoch and runs of other runners', async () => {
    connection.send('batch', batch({ ...ref, epoch: ref.epoch + 1 }, 1, [tableLine('A')]));
    expect(await connection.take('nack')).toMatchObject({ code: 'NACK_CODE_UNKNOWN_RUN' });
    const other = await stage.enroll();
    const stranger = await connect(kind, stage, other);
    stranger.connection.send('batch', batch(ref, 1, [tableLine('A')]));
    expect(await stranger.connection.take('nack')).toMatchObject({ code: 'NACK_CODE_UNKNOWN_RUN' });
    stranger.connection.close();
    expect(await run()).toMatchObject({ records: 0 });
  });

  it('reports a mismatch of records and outcome', async () => {
    connection.send(
      'batch',
      batch(ref, 1, [tableLine('A'), outcomeLine([tableLine('B')])], { last: true }),
    );
    await acknowledged(connection, 2);
    expect((await run())['integrity']).toContain('digest');
  });

  it('stores an unknown record and continues', async () => {
    const lines = [
      'not json',
      '{"kind":"from the future"}',
      '{"kind":"log","message":7}',
      '{"kind":"entity"}',
    ];
    connection.send('batch', batch(ref, 1, [...lines, outcomeLine(lines)], { last: true }));
    await acknowledged(connection, 5);
    expect(await run()).toMatchObject({ state: 'success', integrity: 'ok', entities: 0 });
    expect((await stage.api.get(`/api/v1/runs/${ref.runId}/logs`)).status).toBe(200);
  });

  it('ignores entities of another service', async () => {
    const lines = [
      tableLine('Theirs', 'other'),
      tableLine('Lookalike', 'sandbox2'),
      tableLine('Ours'),
    ];
    connection.send('batch', batch(ref, 1, [...lines, outcomeLine(lines)], { last: true }));
    await acknowledged(connection, 4);
    expect(await run()).toMatchObject({ records: 4, entities: 1, integrity: 'ok' });
    expect((await stage.api.get('/api/v1/tables/other.default.salesforce.Theirs')).status).toBe(
      404,
    );
  });

  it('shows the steps of a connection test as they finish', async () => {
    const { body } = await stage.api.post('/api/v1/services/sandbox/test-connection');
    const test = await accepted(connection);
    expect(test.runId).toBe(body.id);
    const shown = async () =>
      (await stage.api.get(`/api/v1/runs/${test.runId}`)).body.testConnection;
    connection.send('batch', batch(test, 1, [stepLine('CheckAccess')]));
    await acknowledged(connection, 1);
    expect(await shown()).toMatchObject({
      status: 'Running',
      steps: [{ name: 'CheckAccess', passed: true, mandatory: true }],
    });
    const lines = [stepLine('CheckAccess'), stepLine('GetTables', false)];
    connection.send(
      'batch',
      batch(
        test,
        2,
        [
          lines[1]!,
          outcomeLine(lines, {
            status: 'failed',
            error: { code: 'SALESFORCE_FORBIDDEN', message: 'no', remedy: 'ask', retryable: false },
          }),
        ],
        { last: true },
      ),
    );
    await acknowledged(connection, 3);
    expect(await shown()).toMatchObject({
      status: 'Failed',
      steps: [
        { name: 'CheckAccess' },
        { name: 'GetTables', passed: false, message: 'not working' },
      ],
    });
  });

  it('shows progress', async () => {
    connection.send('progress', { ref, phase: 'describe', done: 3, total: 10, apiCalls: 4 });
    await eventually(async () => (await run())['progress'] !== null);
    expect((await run())['progress']).toEqual({
      phase: 'describe',
      done: 3,
      total: 10,
      apiCalls: 4,
    });
  });
});

async function accepted(connection: Connection): Promise<Ref> {
  const { ref } = await connection.take<{ ref: Ref }>('offer');
  connection.send('accept', { ref });
  return ref;
}

async function acknowledged(connection: Connection, upTo: number): Promise<void> {
  let stored = 0;
  while (stored < upTo) stored = (await connection.take<{ upTo: number }>('ack')).upTo;
  expect(stored).toBe(upTo);
}
