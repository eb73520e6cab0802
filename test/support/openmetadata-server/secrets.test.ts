import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AirflowClient } from './airflow-client.ts';
import { connection, openPipelineStage, type PipelineStage } from './pipeline-stage.ts';
import type { OpenMetadataRest } from './rest.ts';
import type { Json } from './store.ts';

/* What a real server (1.12.6) sent and answered when it was driven by the same requests. */

let stage: PipelineStage;
let client: AirflowClient;
let admin: OpenMetadataRest;
let bot: OpenMetadataRest;

beforeEach(async () => {
  stage = await openPipelineStage();
  ({ client, admin, bot } = stage);
});
afterEach(() => stage.close());

describe('the secrets of a server', { timeout: 60_000 }, () => {
  it('are shown to bots, masked for users, and encrypted for the pipeline service', async () => {
    const { body } = await admin.post('/automations/workflows', {
      name: 'test',
      workflowType: 'TEST_CONNECTION',
      request: { connection, serviceType: 'Database', connectionType: 'Salesforce' },
    });
    const id = String(body['id']);
    expect((await admin.post(`/automations/workflows/trigger/${id}`)).status).toBe(200);
    const passwordIn = (workflow: Json | undefined): unknown =>
      (workflow as { request?: { connection: { config: Json } } } | undefined)?.request?.connection
        .config['password'];
    expect(passwordIn(body)).toBe('*********');
    expect(passwordIn((await bot.get(`/automations/workflows/${id}`)).body)).toBe(
      connection.config.password,
    );
    expect(passwordIn(client.calls.at(-1)?.body)).toMatch(/^fernet:/);
  });

  it('stay when a person sends the mask back, and defaults are added', async () => {
    await stage.createPipeline();
    const { body } = await admin.get('/services/databaseServices/name/crm');
    expect(body['connection']).toEqual({
      config: {
        ...connection.config,
        password: '*********',
        securityToken: '*********',
        salesforceApiVersion: '42.0',
        supportsMetadataExtraction: true,
      },
    });
    await admin.put('/services/databaseServices', {
      name: 'crm',
      serviceType: 'Salesforce',
      connection: body['connection'],
    });
    const read = await bot.get('/services/databaseServices/name/crm');
    expect(read.body['connection']).toMatchObject(connection);
  });
});
