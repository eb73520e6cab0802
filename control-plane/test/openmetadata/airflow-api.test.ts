import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  BASE,
  basic,
  ingestionPipeline,
  openOpenMetadata,
  TOKEN,
  type OpenMetadataStage,
} from './stage.ts';

let om: OpenMetadataStage;
beforeAll(async () => {
  om = await openOpenMetadata();
});
afterAll(() => om.close());

const BASES = [BASE, '/api/v2/openmetadata', '/api/v1/openmetadata'];

describe('health', () => {
  it.each([...BASES, ...BASES.map((base) => `/pools/eu${base}`)])(
    'answers at %s with the version of the server',
    async (base) => {
      const answer = await om.call('GET', `${base}/health-auth`);
      expect([answer.status, answer.body]).toEqual([200, { status: 'healthy', version: '1.12.6' }]);
    },
  );

  it('answers without a sign-in, and without a version', async () => {
    const { status, body } = await om.call('GET', `${BASE}/health`, { authorization: undefined });
    expect([status, body]).toEqual([200, { status: 'healthy' }]);
  });

  it('answers the CSRF call with no token, so that the server sends none', async () => {
    const { status, body, headers } = await om.get('csrf-token');
    expect([status, body, headers['set-cookie']]).toEqual([200, { csrf_token: null }, undefined]);
  });

  it('answers for the address that connects to sources', async () => {
    expect((await om.get('ip')).body).toEqual({ ip: 'of the runner' });
  });

  it('keeps the last version while the server does not answer, and says so before the first', async () => {
    om.servers.answeredVersion = undefined;
    expect((await om.get('health-auth')).body.version).toBe('1.12.6');
    await om.restart();
    const refused = await om.get('health-auth');
    expect([refused.status, refused.text]).toEqual([
      503,
      'failed to reach the server. Check the network.',
    ]);
    om.servers.answeredVersion = '1.12.6';
  });
});

describe('sign-in', () => {
  it.each([
    ['no credentials', undefined],
    ['another user', basic('openmetadata-other', 'x')],
    ['another password', basic('openmetadata-prod', 'x')],
    ['a password without user', 'Basic eA=='],
    ['a bearer token', `Bearer ${TOKEN}`],
    ['the admin token', 'Bearer an-admin-token-for-tests'],
  ])('rejects %s with 401, for which the server has words', async (_, authorization) => {
    const answer = await om.call('GET', `${BASE}/health-auth`, { authorization });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="control plane"',
    ]);
    expect(answer.text).toContain('user or password is missing or wrong');
  });

  it('does not open the control plane’s own API', async () => {
    const answer = await om.call('GET', '/api/v1/services');
    expect(answer.status).toBe(401);
  });

  it('does not open the paths around the plugin’s API', async () => {
    const statusOf = async (path: string): Promise<number> =>
      (await om.call('GET', path, { authorization: undefined })).status;
    expect(await statusOf('/api/v1/openmetadata')).toBe(404);
    expect(await statusOf('/api/v1/openmetadata/../services')).toBe(401);
    expect(await statusOf('/api/v1/openmetadata2/health')).toBe(401);
  });
});

describe('bad requests', () => {
  it.each([
    ['POST', 'deploy', 'not json', 'the request body is not JSON'],
    ['POST', 'deploy', '[]', 'not an ingestion pipeline'],
    ['POST', 'deploy', '{"id":"x"}', 'name:'],
    ['POST', 'deploy', '{"id":1,"name":{},"pipelineType":"metadata"}', 'id:'],
    ['POST', 'trigger', '{}', 'dag_id'],
    ['POST', 'trigger', '{"dag_id":"a","conf":"b"}', 'conf'],
    ['POST', 'kill', 'null', 'not valid'],
    ['POST', 'enable', '{"dag_id":""}', 'dag_id'],
    ['POST', 'run_automation', '{}', 'id'],
    ['GET', 'status', '', 'dag_id'],
    ['GET', 'last_dag_logs?dag_id=nobody&task_id=ingestion_task', '', 'not deployed'],
    ['GET', 'last_dag_logs?dag_id=nobody', '', 'task_id'],
    ['DELETE', 'delete', '', 'dag_id'],
  ])('answers %s %s %s with words', async (method, name, raw, words) => {
    const answer = await om.call(method, `${BASE}/${name}`, raw === '' ? {} : { raw });
    expect([400, 404]).toContain(answer.status);
    expect(answer.text).toContain(words);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  it('rejects a body of more than 16 MB', async () => {
    const raw = Buffer.alloc(17 * 1024 * 1024, 0x20);
    const answer = await om.call('POST', `${BASE}/deploy`, { raw });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('size limit')]);
  });

  it('rejects a pool that no runner can have', async () => {
    const answer = await om.call('POST', `/pools/a%20b${BASE}/deploy`, {
      body: ingestionPipeline(),
    });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('valid pool')]);
  });

  it.each([
    ['POST', 'run_application', {}],
    ['GET', 'logs', undefined],
    ['PUT', 'deploy', {}],
  ])('rejects %s %s, and says what would run it', async (method, name, body) => {
    const answer = await om.call(method, `${BASE}/${name}`, { body });
    expect([answer.status, answer.text]).toEqual([
      400,
      `${name} is not supported by runners. If an Airflow is to run it, name it: control-plane openmetadata change --name prod --upstream-airflow …`,
    ]);
  });

  it.each([
    ['trigger', 404],
    ['enable', 404],
    ['disable', 404],
    ['kill', 404],
  ])('answers %s of an unknown pipeline with %i', async (name, status) => {
    const answer = await om.post(name, { dag_id: 'nobody' });
    expect([answer.status, answer.text]).toEqual([
      status,
      'pipeline nobody is not deployed. Deploy it.',
    ]);
    expect(om.log()).toContain('"error":"pipeline nobody is not deployed"');
  });
});

describe('calls of a deployed pipeline', () => {
  beforeEach(async () => {
    expect((await om.post('deploy', ingestionPipeline())).status).toBe(200);
  });

  it('starts a run with the configuration of the call', async () => {
    const conf = { appConfigOverride: { a: 1 } };
    const answer = await om.post('trigger', { dag_id: 'nightly', conf });
    expect(answer.body).toEqual({ message: 'Workflow [nightly] has been triggered: run_1' });
    expect(om.runs.triggered.at(-1)).toMatchObject({
      deployment: { name: 'nightly', fqn: 'sales.nightly', settledAt: expect.any(Number) },
      options: { conf },
    });
  });

  it('ends runs', async () => {
    expect((await om.post('kill', { dag_id: 'nightly' })).status).toBe(200);
    expect(om.runs.killed).toEqual(['nightly']);
  });

  it('lists queued runs', async () => {
    om.runs.waiting = [{ runId: 'r', pipelineState: 'queued', startDate: 1, timestamp: 2 }];
    expect((await om.get('status?dag_id=nightly&only_queued=true')).body).toEqual(om.runs.waiting);
  });

  it.each([
    ['', 0, 0, 1],
    ['', 1_999_999, 1_999_999, 1],
    ['&after=', 4_000_001, 2_000_000, 3],
    ['&after=1', 4_000_001, 2_000_000, 3],
    ['&after=2', 4_000_001, 1, 3],
    ['&after=3', 4_000_001, 0, 3],
  ])(
    'reads the log%s of %i characters: %i in one of %i chunks',
    async (after, size, length, total) => {
      om.runs.text = 'x'.repeat(size);
      const { body } = await om.get(`last_dag_logs?dag_id=nightly&task_id=ingestion_task${after}`);
      const next = Number(after.slice(7)) + 1;
      expect([body.ingestion_task.length, body.total, body.after]).toEqual([
        length,
        total,
        next < total ? next : undefined,
      ]);
    },
  );

  it.each(['', '&task_id=a%20b', '&task_id=x&after=-1', '&task_id=x&after=1.5'])(
    'rejects a log request with %s',
    async (query) => {
      expect((await om.get(`last_dag_logs?dag_id=nightly${query}`)).status).toBe(400);
    },
  );

  it('starts a connection test in the pool of the path', async () => {
    const workflow = {
      id: 'd2548a97-f3a5-46b1-8d68-412fb649f2a8',
      workflowType: 'TEST_CONNECTION',
      request: {
        connectionType: 'Salesforce',
        serviceType: 'Database',
        connection: { config: {} },
      },
      openMetadataServerConnection: { securityConfig: { jwtToken: TOKEN } },
    };
    const path = `/pools/eu${BASE}/run_automation`;
    expect((await om.call('POST', path, { body: workflow })).status).toBe(200);
    expect(om.runs.tests.at(-1)).toEqual({ workflow, pool: 'eu' });
  });

  it.each([
    ['TEST_CONNECTION', 'Snowflake', 'connection tests of Snowflake do not run'],
    ['QUERY_RUNNER', 'Salesforce', 'automations QUERY_RUNNER of Salesforce do not run'],
  ])('rejects %s of %s', async (workflowType, connectionType, words) => {
    const body = { id: 'x', workflowType, request: { connectionType } };
    const answer = await om.post('run_automation', body);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(words)]);
  });
});
