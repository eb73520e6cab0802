import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, SERVICE } from '../stage.ts';
import { SALES } from './fakes.ts';
import {
  ingestionPipeline,
  openOpenMetadata,
  type AirflowAnswer,
  type OpenMetadataStage,
} from './stage.ts';

let om: OpenMetadataStage;
beforeEach(async () => {
  om = await openOpenMetadata();
});
afterEach(() => om.close());

const PIPELINE = '/api/v1/pipelines/sales.nightly';

function deploy(over: Readonly<Record<string, unknown>> = {}): Promise<AirflowAnswer> {
  return om.post('deploy', ingestionPipeline(over));
}

function exists(): Promise<boolean> {
  return eventually(async () => (await om.stage.api.get(PIPELINE)).status === 200);
}

describe('names in use', () => {
  it('rejects a pipeline of another service with the same name', async () => {
    await deploy();
    const other = { ...SALES, name: 'other' };
    om.servers.services.set('other', other);
    const service = { type: 'databaseService', name: 'other', fullyQualifiedName: 'other' };
    const answer = await deploy({ id: 'p2', fullyQualifiedName: 'other.nightly', service });
    expect([answer.status, answer.text]).toEqual([
      409,
      'pipeline name nightly is in use by sales.nightly. Rename it, or delete the other one.',
    ]);
  });

  it('replaces a pipeline that was deleted and created again under its name', async () => {
    await deploy();
    await exists();
    expect((await deploy({ id: 'p2' })).status).toBe(200);
    await eventually(async () => (await om.stage.api.get(PIPELINE)).body.origin?.id === 'p2');
    expect(await om.command('list')).toContain('1 deployed pipelines');
    expect(om.runs.forgotten).toEqual(['nightly']);
  });

  it('rejects a service that the control plane has of its own', async () => {
    await om.stage.api.put('/api/v1/services/sales', SERVICE);
    const answer = await deploy();
    expect([answer.status, answer.text]).toEqual([
      409,
      'service name sales is in use in the control plane. Rename it, or delete the other one.',
    ]);
  });
});
