import { afterAll, beforeAll, describe, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { OpenMetadataScene } from '../../support/openmetadata-scene.ts';

const TIMEOUT = 300_000;
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 5 });
}, TIMEOUT);
afterAll(() => sandbox.close());

/** All tries of a failing request take about ten seconds; the tests run concurrently. */
describe.concurrent('a run that loses its OpenMetadata server', { timeout: TIMEOUT }, () => {
  it('fails with NETWORK_RESET if connections are reset', async ({ expect }) => {
    const scene = await OpenMetadataScene.open(sandbox);
    scene.server.faults.push({ on: /^PUT \/tables/, reset: 'before', times: 10_000 });
    const { code, outcome } = await scene.runner.ingest(scene.workflow());
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'NETWORK_RESET' } });
    expect(code).toBe(69);
    expect(scene.server.store.all('table')).toEqual([]);
    expect(scene.statuses()).toEqual(['running', 'failed']);
    await scene.close();
  });

  it('fails with NETWORK_UNREACHABLE if no server listens', async ({ expect }) => {
    const scene = await OpenMetadataScene.open(sandbox);
    await scene.server.close();
    const { code, outcome } = await scene.runner.ingest(
      scene.workflow({}, { ingestionPipelineFQN: undefined }),
    );
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'NETWORK_UNREACHABLE' } });
    expect(code).toBe(69);
    scene.runner.close();
  });
});
