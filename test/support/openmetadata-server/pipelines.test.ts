import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AirflowClient } from './airflow-client.ts';
import {
  openPipelineStage,
  PASSWORD,
  USER,
  type PipelineService,
  type PipelineStage,
} from './pipeline-stage.ts';
import type { OpenMetadataRest } from './rest.ts';
import type { OpenMetadataServer } from './server.ts';
import type { Json } from './store.ts';

/* What a real server (1.12.6) sent and answered when it was driven by the same requests. */

let stage: PipelineStage;
let service: PipelineService;
let server: OpenMetadataServer;
let client: AirflowClient;
let admin: OpenMetadataRest;
let bot: OpenMetadataRest;

beforeEach(async () => {
  stage = await openPipelineStage();
  ({ service, server, client, admin, bot } = stage);
});
afterEach(() => stage.close());

const schedule = (value: string): readonly Json[] => [
  { op: 'replace', path: '/airflowConfig/scheduleInterval', value },
];
/** Each POST and DELETE so far, with what tells deployments apart. */
const sent = (): readonly unknown[] =>
  client.calls
    .filter(({ method }) => method !== 'GET')
    .map(({ path, body }) => {
      const what = path.split('/').at(-1)!;
      const { airflowConfig, enabled } = (body ?? {}) as {
        airflowConfig?: Json;
        enabled?: boolean;
      };
      return what === 'deploy' ? [airflowConfig?.['scheduleInterval'], enabled] : what;
    });

describe('the pipeline service client of a server', { timeout: 60_000 }, () => {
  it('tries the paths of Airflow 3 first, below the path of the endpoint, and signs in each time', async () => {
    const { body } = await admin.get('/services/ingestionPipelines/status');
    expect(body).toEqual({ code: 200, platform: 'Airflow', version: '1.12.6.0' });
    expect(client.calls.map(({ path }) => path)).toEqual([
      '/pools/eu/pluginsv2/api/v2/openmetadata/health-auth',
      '/pools/eu/api/v2/openmetadata/health-auth',
      '/pools/eu/api/v2/openmetadata/health-auth',
    ]);
    expect(client.calls.map(({ headers }) => headers['Authorization'])).toEqual(
      Array(3).fill(`Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`),
    );
  });

  it.each<[string, readonly [number, unknown], string]>([
    ['another version', [200, { version: '1.11.0' }], 'Ingestion version [1.11.0] is older than'],
    ['wrong credentials', [401, {}], 'Authentication failed for user [openmetadata]'],
    ['no such API', [404, {}], 'Airflow APIs not found at'],
  ])('says in its status what is wrong: %s', async (_what, answer, reason) => {
    await admin.get('/services/ingestionPipelines/status');
    service.answers['health-auth'] = answer;
    const { body } = await admin.get('/services/ingestionPipelines/status');
    expect(body).toMatchObject({ code: 500, reason: expect.stringContaining(reason) as string });
  });

  it('asks for a CSRF token before each POST until it has one', async () => {
    const { path } = await stage.createPipeline();
    await admin.post(path.replace('Pipelines/', 'Pipelines/trigger/'));
    service.answers['csrf-token'] = [200, { csrf_token: 'a-token' }];
    for (let time = 0; time < 2; time++)
      await admin.post(path.replace('Pipelines/', 'Pipelines/kill/'));
    expect(client.calls.map(({ path: called }) => called.split('/').at(-1)).slice(2)).toEqual([
      'csrf-token',
      'trigger',
      'csrf-token',
      'kill',
      'kill',
    ]);
    expect(client.calls.at(-1)?.headers['X-CSRFToken']).toBe('a-token');
  });

  it('deploys once on request, twice on a toggle, four times on an edit that follows another', async () => {
    const { id, path } = await stage.createPipeline();
    await admin.post(`/services/ingestionPipelines/deploy/${id}`);
    await admin.post(`/services/ingestionPipelines/toggleIngestion/${id}`);
    await admin.post(`/services/ingestionPipelines/toggleIngestion/${id}`);
    expect((await admin.patch(path, schedule('0 5 * * *'))).status).toBe(200);
    const [three, five] = ['0 3 * * *', '0 5 * * *'];
    expect(sent()).toEqual([
      [three, true],
      'disable',
      [three, false],
      [three, false],
      'enable',
      [three, true],
      [three, true],
      [five, true],
      [three, false],
      [five, true],
      [five, true],
    ]);
    expect((await admin.get(path)).body).toMatchObject({
      version: 0.4,
      enabled: true,
      deployed: true,
    });
  });

  it('deploys an old version alone when only the description is edited after a first edit', async () => {
    const { id, path } = await stage.createPipeline();
    await admin.post(`/services/ingestionPipelines/deploy/${id}`);
    await admin.patch(path, schedule('0 5 * * *'));
    await admin.patch(path, schedule('0 6 * * *'));
    client.calls.length = 0;
    await admin.patch(path, [{ op: 'add', path: '/description', value: 'what it is for' }]);
    expect(sent()).toEqual([['0 3 * * *', true]]);
    const current = (await admin.get(path)).body;
    expect(current).toMatchObject({ airflowConfig: { scheduleInterval: '0 6 * * *' } });
    expect(client.calls.at(-1)?.body?.['updatedAt']).toBeLessThan(Number(current['updatedAt']));
  });

  it('saves nothing of a deployment that is rejected, and shows the answer', async () => {
    const { id, path } = await stage.createPipeline();
    service.answers['deploy'] = [400, { error: 'not ours' }];
    const refused = await admin.post(`/services/ingestionPipelines/deploy/${id}`);
    expect(refused).toEqual({
      status: 400,
      body: {
        code: 400,
        message:
          'crm-metadata Failed to deploy Ingestion Pipeline due to airflow API returned Bad Request and response {"error":"not ours"}',
      },
    });
    expect((await admin.get(path)).body).toMatchObject({ deployed: false, version: 0.1 });
    const [bulk] = (await admin.post('/services/ingestionPipelines/bulk/deploy', [id]))
      .body as unknown as Json[];
    expect(bulk).toMatchObject({ code: 500, platform: 'Airflow' });
  });

  it('marks a pipeline that the service does not know as not deployed', async () => {
    const { id } = await stage.createPipeline();
    await admin.post(`/services/ingestionPipelines/deploy/${id}`);
    service.answers['disable'] = [404, {}];
    const { body } = await admin.post(`/services/ingestionPipelines/toggleIngestion/${id}`);
    expect(body).toMatchObject({ deployed: false, enabled: true });
  });

  it('tells the service of each pipeline that goes with its catalog service', async () => {
    await stage.createPipeline();
    const { body } = await admin.get('/services/databaseServices/name/crm');
    await admin.delete(`/services/databaseServices/${String(body['id'])}?hardDelete=true`);
    expect(client.calls.at(-1)).toMatchObject({
      method: 'DELETE',
      path: '/pools/eu/api/v2/openmetadata/delete?dag_id=crm-metadata',
    });
    expect((await admin.get('/services/databaseServices/name/crm')).status).toBe(404);
  });

  it('shows queued runs of the service among those that were reported', async () => {
    await stage.createPipeline();
    const path = '/services/ingestionPipelines/crm.crm-metadata/pipelineStatus';
    const report = { runId: 'one', pipelineState: 'running', startDate: 1, timestamp: 1 };
    expect((await bot.put(path, report)).status).toBe(201);
    await bot.put(path, { ...report, pipelineState: 'success' });
    service.answers['status'] = [200, [{ runId: 'two', pipelineState: 'queued', timestamp: 2 }]];
    const { body } = await admin.get(path);
    expect(body['data']).toMatchObject([
      { runId: 'two', pipelineState: 'queued' },
      { runId: 'one', pipelineState: 'success' },
    ]);
  });

  it('passes the cursor of a log on as it is, and reads the answer as texts', async () => {
    const { id } = await stage.createPipeline();
    service.answers['last_dag_logs'] = [200, { ingestion_task: 'a log', total: 2, after: 1 }];
    const log = await admin.get(`/services/ingestionPipelines/logs/${id}/last?after=`);
    expect(log.body).toEqual({ ingestion_task: 'a log', total: '2', after: '1' });
    expect(client.calls.at(-1)?.path).toMatch(
      /last_dag_logs\?after=&dag_id=crm-metadata&task_id=ingestion_task$/,
    );
  });

  it('ignores disabled pipelines, and says that nothing answers', async () => {
    const { id } = await stage.createPipeline();
    const { port } = await closedPort();
    server.usePipelineService({
      endpoint: `https://127.0.0.1:${port}`,
      username: USER,
      password: PASSWORD,
    });
    const lost = await admin.post(`/services/ingestionPipelines/deploy/${id}`);
    expect(lost).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('Unable to connect to Airflow APIs') as string },
    });
    server.usePipelineService(undefined);
    expect((await admin.get('/services/ingestionPipelines/status')).body).toEqual({
      code: 200,
      reason: 'Pipeline Client Disabled',
    });
  });
});

async function closedPort(): Promise<AddressInfo> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return address;
}
