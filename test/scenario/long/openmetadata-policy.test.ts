import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import type { LocalRunner } from '../../support/local-runner.ts';
import { OpenMetadataScene, TOKEN } from '../../support/openmetadata-scene.ts';
import type { OpenMetadataServer } from '../../support/openmetadata-server/server.ts';

const OBJECTS = 12;
const TIMEOUT = 300_000;

let sandbox: Sandbox;
let scene: OpenMetadataScene;
let server: OpenMetadataServer;
let runner: LocalRunner;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: OBJECTS });
}, TIMEOUT);
afterAll(() => sandbox.close());

beforeEach(async () => {
  scene = await OpenMetadataScene.open(sandbox);
  ({ server, runner } = scene);
}, TIMEOUT);
afterEach(() => scene.close(), TIMEOUT);

const workflow: OpenMetadataScene['workflow'] = (...args) => scene.workflow(...args);

describe('the local policy for the server', { timeout: TIMEOUT }, () => {
  const refused = async (
    config: Readonly<Record<string, unknown>>,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<{ code: number | null; said: string; error: string | undefined }> => {
    sandbox.resetStats();
    const { code, stdout, stderr } = await runner.ingestToSink(workflow(config, more));
    expect(server.requests).toEqual([]);
    expect(code).not.toBe(0);
    return { code, said: stdout + stderr, error: /^error ([A-Z_]+):/m.exec(stderr)?.[1] };
  };

  it.each([
    ['a server that the policy does not name', { hostPort: 'https://elsewhere.test/api' }, {}],
    ['a server on localhost', { hostPort: 'http://localhost:8585/api' }, {}],
    ['a sink of another kind', {}, { sink: { type: 'file' } }],
  ])(
    'does not contact %s if the records are written to a file, and logs this',
    async (_what, config, more) => {
      const { code, records, outcome } = await runner.ingest(workflow(config, more));
      expect(code).toBe(0);
      expect(outcome).toMatchObject({ status: 'success' });
      expect(JSON.stringify(records)).toContain("ignoring the workflow's sink");
      expect(server.requests).toEqual([]);
    },
  );

  it('denies the token to every other host', async () => {
    expect((await refused({ hostPort: 'https://elsewhere.test/api' })).error).toBe(
      'SECRET_UNAVAILABLE',
    );
  });

  it('denies the secrets of the org to the server', async () => {
    expect(
      (await refused({ securityConfig: { jwtToken: 'secret:/salesforce/password' } })).error,
    ).toBe('SECRET_UNAVAILABLE');
  });

  it('rejects a token in plain text', async () => {
    const run = await refused({ securityConfig: { jwtToken: TOKEN } });
    expect(run.error).toBe('SECRET_IN_PLAIN_TEXT');
    expect(run.said).not.toContain(TOKEN);
    expect(sandbox.stats().httpRequests).toBe(0);
  });

  it.each([
    ['without TLS', { hostPort: 'http://catalog.test:8585/api' }, {}],
    ['without a token', { securityConfig: {} }, {}],
    ['of another kind', {}, { sink: { type: 'kafka' } }],
    ['with another auth provider', { authProvider: 'google' }, {}],
  ])('rejects a server %s before it writes anything', async (_what, config, more) => {
    const run = await refused(config, more);
    expect(run.code).toBe(3);
    expect(run.error).toBe('JOB_INVALID');
    expect(sandbox.stats().httpRequests).toBe(0);
  });
});
