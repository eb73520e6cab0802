import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSalesforceConnection } from '../src/definitions/salesforce-connection.ts';
import { UNUSABLE, USABLE } from './connection-cases.ts';
import { batch, outcomeLine, tableLine } from './fake-records.ts';
import { connect, type Ref } from './fake-runner.ts';
import { eventually, openStage, SERVICE, startRun, type Answer, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const { connection } = SERVICE;
const REPLACE = { 'if-match': '*' };
const putService = (body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer> =>
  stage.api.put('/api/v1/services/checked', body, headers);
const putPipeline = (sourceConfig: unknown): Promise<Answer> =>
  stage.api.put('/api/v1/pipelines/checked', { service: 'checked', sourceConfig }, {});

/** A runner ignores this invalid pattern with a note in its log. */
const INVALID_FILTER = { ...connection, tableFilterPattern: { includes: ['('] } };

describe('service connection', () => {
  it.each([
    ...UNUSABLE,
    ['a filter with an invalid expression', INVALID_FILTER, 'tableFilterPattern.includes.0'],
  ] as const)('rejects %s', async (_, given, problem) => {
    const answer = await putService({ type: 'Salesforce', connection: given });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        error: { code: 'INPUT_INVALID', message: expect.stringContaining(problem) as unknown },
      },
    });
    expect(answer.text).not.toContain('hunter2');
    expect((await stage.api.get('/api/v1/services/checked')).status).toBe(404);
  });

  it.each(USABLE)('accepts %s', (_, given) => {
    expect(() => parseSalesforceConnection(given)).not.toThrow();
  });

  it('drops null members', () => {
    expect(parseSalesforceConnection({ ...connection, securityToken: null })).toEqual(connection);
  });
});

describe('pipeline options', () => {
  beforeAll(async () => {
    expect((await putService(SERVICE)).status).toBe(200);
  });
  afterAll(() => stage.api.delete('/api/v1/services/checked'));

  it.each([
    [
      'a misspelled option',
      { includeTable: true },
      'unknown field "includeTable"; did you mean includeTables?',
    ],
    ['text for a flag', { includeTables: 'yes' }, 'includeTables'],
    ['another kind of pipeline', { type: 'DatabaseLineage' }, 'type'],
    [
      'an invalid expression',
      { tableFilterPattern: { includes: ['a', '[z-a]'] } },
      'tableFilterPattern.includes.1: "[z-a]" is not a valid regular expression',
    ],
    ['lookaround', { tableFilterPattern: { excludes: ['(?!x)'] } }, 'lookaround'],
    [
      'repetitions that multiply',
      { tableFilterPattern: { includes: ['((a{0,100}){0,100}){0,100}'] } },
      'invalid repeat count',
    ],
    [
      'an expression that is too large',
      { schemaFilterPattern: { includes: ['(a{1,1000}){1,1000}'] } },
      'schemaFilterPattern.includes.0',
    ],
    ['an empty expression', { tableFilterPattern: { includes: [''] } }, 'is empty'],
    ['a pattern as text', { tableFilterPattern: '.*' }, 'tableFilterPattern'],
    ['no rows', { sampleRows: { rows: 0 } }, 'sampleRows.rows'],
  ])('reject %s', async (_, sourceConfig, problem) => {
    expect(await putPipeline(sourceConfig)).toMatchObject({
      status: 400,
      body: {
        error: { code: 'INPUT_INVALID', message: expect.stringContaining(problem) as unknown },
      },
    });
    expect((await stage.api.get('/api/v1/pipelines/checked')).status).toBe(404);
  });

  it('keep an expression that contains a comma', async () => {
    const sourceConfig = { tableFilterPattern: { includes: ['A{1,3}', 'B'] } };
    expect(await putPipeline(sourceConfig)).toMatchObject({ status: 200, body: { sourceConfig } });
    await stage.api.delete('/api/v1/pipelines/checked');
  });
});

describe('runner of a service', () => {
  it('must be enrolled, given by name or id', async () => {
    expect(await putService({ ...SERVICE, runner: 'nobody' })).toMatchObject({
      status: 400,
      body: {
        error: {
          message: expect.stringContaining('"nobody"') as unknown,
          remedy: expect.stringContaining('Enroll a runner') as unknown,
        },
      },
    });
    const { runnerId } = await stage.enroll('edge');
    expect((await putService({ ...SERVICE, runner: 'edge' })).status).toBe(200);
    expect((await putService({ ...SERVICE, runner: runnerId }, REPLACE)).status).toBe(200);
    await stage.api.post(`/api/v1/runners/${runnerId}/revoke`);
    expect((await putService({ ...SERVICE, runner: 'edge' }, REPLACE)).status).toBe(400);
    await stage.api.delete('/api/v1/services/checked');
  });
});

describe('existing definition', () => {
  const path = '/api/v1/services/checked';
  const renamed = { ...SERVICE, displayName: 'Sales' };
  beforeAll(() => putService(SERVICE));
  afterAll(() => stage.api.delete(path));

  it('is replaced only with a precondition', async () => {
    expect(await putService(renamed)).toMatchObject({
      status: 428,
      body: {
        error: {
          code: 'PRECONDITION_REQUIRED',
          remedy: expect.stringContaining('If-Match') as unknown,
        },
      },
    });
    const { etag } = (await stage.api.get(path)).headers as { etag: string };
    expect((await putService(renamed, { 'if-none-match': '*' })).status).toBe(412);
    const saved = await putService(renamed, { 'if-match': etag });
    expect(saved).toMatchObject({ status: 200, body: { displayName: 'Sales' } });
    expect(saved.headers['etag']).not.toBe(etag);
    expect(await putService(SERVICE, { 'if-match': etag })).toMatchObject({
      status: 412,
      body: { error: { code: 'PRECONDITION_FAILED' } },
    });
    expect((await putService(SERVICE, REPLACE)).status).toBe(200);
  });

  it('accepts one of two edits of the same state', async () => {
    const { etag } = (await stage.api.get(path)).headers as { etag: string };
    const edits = await Promise.all(
      ['a', 'b', 'c'].map((displayName) =>
        putService({ ...SERVICE, displayName }, { 'if-match': etag }),
      ),
    );
    expect(edits.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412, 412]);
  });

  it('may be saved again unchanged without a precondition', async () => {
    const { displayName } = (await stage.api.get(path)).body as { displayName: string };
    expect((await putService({ ...SERVICE, displayName })).status).toBe(200);
  });

  it('is required by If-Match', async () => {
    expect(
      (await stage.api.put('/api/v1/services/none', SERVICE, { 'if-match': '"x"' })).status,
    ).toBe(412);
    expect(
      (await stage.api.put('/api/v1/pipelines/none', { service: 'checked' }, REPLACE)).status,
    ).toBe(412);
  });
});

describe('deleted service', () => {
  const table = '/api/v1/tables/sandbox.default.salesforce.Account';

  it('loses pipelines and tables, keeps its runs, and is not deleted while a run is active', async () => {
    await stage.api.put('/api/v1/services/sandbox', SERVICE);
    await stage.api.put('/api/v1/pipelines/sandbox_metadata', { service: 'sandbox' });
    const { connection: runner } = await connect('ws', stage, await stage.enroll());
    const id = await startRun(stage.api);
    const { ref } = await runner.take<{ ref: Ref }>('offer');
    expect(await stage.api.delete('/api/v1/services/sandbox')).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining(id) as unknown } },
    });

    runner.send('accept', { ref });
    const lines = [tableLine('Account')];
    runner.send('batch', batch(ref, 1, [...lines, outcomeLine(lines)], { last: true }));
    await eventually(
      async () => (await stage.api.get(`/api/v1/runs/${id}`)).body.state === 'success',
    );
    expect((await stage.api.get(table)).status).toBe(200);
    expect(
      (await stage.api.delete('/api/v1/services/sandbox', { 'if-match': '"another"' })).status,
    ).toBe(412);
    expect((await stage.api.delete('/api/v1/services/sandbox')).status).toBe(204);
    for (const gone of ['/api/v1/services/sandbox', '/api/v1/pipelines/sandbox_metadata', table])
      expect([gone, (await stage.api.get(gone)).status]).toEqual([gone, 404]);
    expect((await stage.api.get(`/api/v1/runs/${id}`)).body).toMatchObject({
      state: 'success',
      service: 'sandbox',
    });
    expect((await stage.api.delete('/api/v1/services/sandbox')).status).toBe(404);

    await stage.api.put('/api/v1/services/sandbox', SERVICE);
    await stage.api.put('/api/v1/pipelines/sandbox_metadata', { service: 'sandbox' });
    await startRun(stage.api);
    expect(await runner.take('offer')).toMatchObject({ catalogRevision: '' });
    runner.close();
  });
});
