import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { createAuthority, type Authority } from '../certificates.ts';
import type { AirflowClient } from './airflow-client.ts';
import { OpenMetadataRest } from './rest.ts';
import { startOpenMetadataServer, type OpenMetadataServer } from './server.ts';

export const USER = 'openmetadata';
export const PASSWORD = 'pipelines';
export const connection = {
  config: {
    type: 'Salesforce',
    username: 'ingest@acme.example',
    password: 'secret:/salesforce/password',
    securityToken: 'secret:/salesforce/token',
    salesforceDomain: 'acme',
  },
};

export interface PipelineService {
  readonly server: Server;
  readonly endpoint: string;
  /** Answers by the end of the path; default 200. */
  readonly answers: Record<string, readonly [status: number, body: unknown]>;
}

export interface CreatedPipeline {
  readonly id: string;
  readonly path: string;
}

/** A server with a pipeline service, and those who call it. */
export interface PipelineStage {
  readonly service: PipelineService;
  readonly server: OpenMetadataServer;
  readonly client: AirflowClient;
  readonly admin: OpenMetadataRest;
  readonly bot: OpenMetadataRest;
  /** Creates a service and a pipeline of its metadata. */
  createPipeline(): Promise<CreatedPipeline>;
  close(): Promise<void>;
}

export async function openPipelineStage(): Promise<PipelineStage> {
  const authority = await createAuthority();
  const service = await startPipelineService(authority);
  const server = await startOpenMetadataServer(authority, { host: '127.0.0.1' });
  server.tokens.add('bot-token');
  server.people.set('admin-token', 'admin');
  const { endpoint } = service;
  const { caPem } = authority;
  const client = server.usePipelineService({
    endpoint,
    username: USER,
    password: PASSWORD,
    caPem,
  })!;
  const admin = new OpenMetadataRest(server.hostPort, 'admin-token', caPem);
  const bot = new OpenMetadataRest(server.hostPort, 'bot-token', caPem);
  const close = async (): Promise<void> => {
    admin.close();
    bot.close();
    await server.close();
    service.server.close();
    service.server.closeAllConnections();
  };
  return {
    service,
    server,
    client,
    admin,
    bot,
    createPipeline: () => createPipeline(admin),
    close,
  };
}

/** A pipeline service that answers whatever the test says. */
async function startPipelineService(authority: Authority): Promise<PipelineService> {
  const { certPem, keyPem } = await authority.issue(['127.0.0.1']);
  const answers: PipelineService['answers'] = {
    'health-auth': [200, { status: 'healthy', version: '1.12.6.0' }],
    'csrf-token': [200, { csrf_token: null }],
    status: [200, []],
  };
  const started = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const path = new URL(request.url!, 'https://127.0.0.1').pathname;
    request.resume().on('end', () => {
      const [status, body] = path.startsWith('/pools/eu/api/v2/')
        ? (answers[path.split('/').at(-1)!] ?? [200, { message: 'done' }])
        : [404, {}];
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  started.listen(0, '127.0.0.1');
  await once(started, 'listening');
  const { port } = started.address() as AddressInfo;
  return { server: started, endpoint: `https://127.0.0.1:${port}/pools/eu`, answers };
}

async function createPipeline(admin: OpenMetadataRest): Promise<CreatedPipeline> {
  const created = await admin.post('/services/databaseServices', {
    name: 'crm',
    serviceType: 'Salesforce',
    connection,
  });
  expect(created).toMatchObject({ status: 201 });
  const { body } = await admin.post('/services/ingestionPipelines', {
    name: 'crm-metadata',
    pipelineType: 'metadata',
    service: { id: created.body['id'], type: 'databaseService' },
    sourceConfig: { config: { type: 'DatabaseMetadata' } },
    airflowConfig: { scheduleInterval: '0 3 * * *', startDate: '2026-11-28T12:19:03.000Z' },
    loggerLevel: 'INFO',
  });
  const id = String(body['id']);
  return { id, path: `/services/ingestionPipelines/${id}` };
}
