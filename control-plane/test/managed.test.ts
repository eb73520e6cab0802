import { afterAll, beforeAll, expect, it } from 'vitest';
import { join } from 'node:path';
import { openSqliteStore } from '../src/store/sqlite.ts';
import { openStage, SERVICE, type Stage } from './stage.ts';

const ORIGIN = { endpoint: 'prod', id: 'd1' };
let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
  const other = openSqliteStore(join(stage.data, 'store.sqlite'));
  await other.transaction(async (tx) => {
    await tx.definitions.saveService({
      name: 'crm',
      displayName: null,
      type: 'Salesforce',
      connection: {},
      runner: null,
      pool: 'eu',
      origin: ORIGIN,
      updatedAt: 1,
    });
    await tx.definitions.savePipeline({
      name: 'crm.daily',
      displayName: null,
      service: 'crm',
      sourceConfig: {},
      loggerLevel: 'INFO',
      deadlineMs: 0,
      origin: ORIGIN,
      updatedAt: 1,
    });
  });
  await other.close();
});
afterAll(() => stage.close());

it('shows where a managed definition comes from', async () => {
  expect((await stage.api.get('/api/v1/services/crm')).body).toMatchObject({
    origin: ORIGIN,
    pool: 'eu',
  });
  expect((await stage.api.get('/api/v1/pipelines/crm.daily')).body).toMatchObject({
    origin: ORIGIN,
  });
});

it('rejects to change, delete, test or start what OpenMetadata manages', async () => {
  const any = { 'if-match': '*' };
  const pipeline = { service: 'crm' };
  const answers = [
    await stage.api.put('/api/v1/services/crm', SERVICE, any),
    await stage.api.delete('/api/v1/services/crm', any),
    await stage.api.put('/api/v1/pipelines/crm.daily', pipeline, any),
    await stage.api.put('/api/v1/pipelines/another', pipeline, { 'if-none-match': '*' }),
    await stage.api.delete('/api/v1/pipelines/crm.daily'),
    await stage.api.put('/api/v1/pipelines/crm.daily/schedule', {}, { 'if-none-match': '*' }),
    await stage.api.delete('/api/v1/pipelines/crm.daily/schedule'),
    await stage.api.post('/api/v1/services/crm/test-connection'),
    await stage.api.post('/api/v1/pipelines/crm.daily/runs'),
  ];
  for (const { status, body } of answers) {
    expect(status).toBe(409);
    expect(body.error).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('managed by OpenMetadata endpoint prod'),
      remedy: expect.stringContaining('OpenMetadata'),
    });
  }
  expect((await stage.api.get('/api/v1/runs')).body.runs).toEqual([]);
});
