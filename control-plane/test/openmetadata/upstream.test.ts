import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../stage.ts';
import { SALES } from './fakes.ts';
import {
  BASE,
  basic,
  ingestionPipeline,
  openOpenMetadata,
  type OpenMetadataStage,
} from './stage.ts';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

let om: OpenMetadataStage;
let airflow: Server;
let folder: ReturnType<typeof temporaryFolder>;
let received: Received[];
/** What the Airflow answers to all but health-auth. */
let answer: { status: number; headers: Record<string, string | string[]>; body: Buffer };

/** An Airflow 2: its plugin is at /api/v1. */
function startAirflow(): Promise<number> {
  airflow = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks) });
      if (!url.startsWith('/airflow/api/v1/openmetadata/')) return response.writeHead(404).end();
      if (url.endsWith('/health-auth')) return response.writeHead(200).end('{"version":"1.12.6"}');
      return response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  return new Promise((resolve) => {
    airflow.listen(0, '127.0.0.1', () => resolve((airflow.address() as AddressInfo).port));
  });
}

beforeEach(async () => {
  received = [];
  answer = {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"a":1}'),
  };
  folder = temporaryFolder();
  const file = join(folder.path, 'password');
  writeFileSync(file, 'airflow-password\n');
  om = await openOpenMetadata([
    '--upstream-airflow',
    `http://127.0.0.1:${await startAirflow()}/airflow`,
    '--upstream-user',
    'admin',
    '--upstream-password-file',
    file,
  ]);
});
afterEach(async () => {
  await om.close();
  airflow.closeAllConnections();
  airflow.close();
  folder.remove();
});

const last = (): Received => received.at(-1)!;

describe('a pipeline of another connector', () => {
  it('is deployed upstream byte for byte, and so is its answer', async () => {
    om.servers.services.set('sales', { ...SALES, serviceType: 'Snowflake' });
    // Order of members, spaces and bytes that are not UTF-8 must all survive.
    const raw = Buffer.concat([
      Buffer.from(JSON.stringify(ingestionPipeline({ description: '' }), null, 3).slice(0, -1)),
      Buffer.from(',"x":"'),
      Buffer.from([0xe9, 0xff]),
      Buffer.from('"  }'),
    ]);
    answer = {
      status: 418,
      headers: { 'content-type': 'text/x-own', 'set-cookie': ['session=1; Path=/', 'csrf=2'] },
      body: Buffer.from([0xe9, 0, 0xff]),
    };
    const got = await om.call('POST', `${BASE}/deploy`, {
      raw,
      headers: { 'x-csrftoken': 'token', cookie: 'session=1' },
    });
    expect(last().body.equals(raw)).toBe(true);
    expect(last()).toMatchObject({
      method: 'POST',
      url: '/airflow/api/v1/openmetadata/deploy',
      headers: {
        authorization: basic('admin', 'airflow-password'),
        'content-type': 'application/json',
        'x-csrftoken': 'token',
        cookie: 'session=1',
      },
    });
    expect([got.status, got.headers['content-type'], got.headers['set-cookie'], got.text]).toEqual([
      418,
      'text/x-own',
      ['session=1; Path=/', 'csrf=2'],
      answer.body.toString(),
    ]);
  });

  it('is rejected under the name of a pipeline of runners', async () => {
    await om.post('deploy', ingestionPipeline());
    om.servers.services.set('sales', { ...SALES, serviceType: 'Snowflake' });
    const answered = await om.post('deploy', ingestionPipeline({ id: 'p2' }));
    expect([answered.status, answered.text]).toEqual([
      409,
      'pipeline name nightly is in use by sales.nightly. Rename it, or delete the other one.',
    ]);
  });

  it.each([
    ['POST', 'trigger', { dag_id: 'snow' }],
    ['POST', 'enable', { dag_id: 'snow' }],
    ['POST', 'disable', { dag_id: 'snow' }],
    ['POST', 'kill', { dag_id: 'snow' }],
    ['DELETE', 'delete?dag_id=snow', undefined],
    ['GET', 'status?dag_id=snow&only_queued=true', undefined],
    ['GET', 'last_dag_logs?dag_id=snow&task_id=ingestion_task&after=', undefined],
    [
      'POST',
      'run_automation',
      { id: 'x', workflowType: 'TEST_CONNECTION', request: { connectionType: 'Snowflake' } },
    ],
    ['POST', 'run_application', { name: 'app' }],
    ['GET', 'ip', undefined],
    ['GET', 'csrf-token', undefined],
  ])('is reached by %s %s', async (method, name, body) => {
    const got = await om.call(method, `/pools/eu${BASE}/${name}`, { body });
    expect([got.status, got.body]).toEqual([200, { a: 1 }]);
    expect([last().method, last().url]).toEqual([method, `/airflow/api/v1/openmetadata/${name}`]);
  });
});

describe('pipelines of runners', () => {
  it('never go upstream; a first deployment asks whether the pipeline is there, too', async () => {
    const first = await om.post('deploy', ingestionPipeline());
    expect(first.body.message).toContain('the upstream Airflow has a pipeline of this name, too');
    expect(last().url).toBe('/airflow/api/v1/openmetadata/status?dag_id=nightly&only_queued=true');
    received.length = 0;
    const second = await om.post('deploy', ingestionPipeline());
    expect(second.body.message).not.toContain('upstream');
    await om.post('trigger', { dag_id: 'nightly' });
    await om.get('health-auth');
    await om.call('GET', `${BASE}/health`, { authorization: undefined });
    expect(received).toEqual([]);
  });
});

describe('an upstream Airflow', () => {
  it('that is down has words for its pipelines, and leaves those of runners alone', async () => {
    airflow.closeAllConnections();
    await new Promise((resolve) => airflow.close(resolve));
    const got = await om.post('trigger', { dag_id: 'snow' });
    expect([got.status, got.text]).toEqual([
      503,
      expect.stringContaining('failed to reach the upstream Airflow at http://127.0.0.1'),
    ]);
    expect((await om.get('csrf-token')).body).toEqual({ csrf_token: null });
    expect((await om.get('health-auth')).status).toBe(200);
    expect((await om.post('deploy', ingestionPipeline())).status).toBe(200);
  });

  it('gets no call without a sign-in, and never the password of the server', async () => {
    await om.call('POST', `${BASE}/trigger`, {
      body: { dag_id: 'snow' },
      authorization: 'Basic eDp5',
    });
    expect(received).toEqual([]);
    await om.post('trigger', { dag_id: 'snow' });
    for (const { headers } of received)
      expect(headers.authorization).toBe(basic('admin', 'airflow-password'));
  });

  it('is not followed to another address', async () => {
    answer = {
      status: 302,
      headers: { location: 'http://127.0.0.1:9/elsewhere' },
      body: Buffer.alloc(0),
    };
    const got = await om.post('trigger', { dag_id: 'snow' });
    expect([got.status, got.headers['location']]).toEqual([302, undefined]);
    expect(received.map(({ url }) => url)).not.toContain('/elsewhere');
  });

  it('has its password sealed in the store', async () => {
    const endpoint = await om.read((read) => read.endpoints.get('prod'));
    expect(endpoint?.upstreamPassword?.toString('latin1')).not.toContain('airflow-password');
    expect(om.log()).not.toContain('airflow-password');
  });
});
