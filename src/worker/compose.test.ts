import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { salesforceWorkflow } from '../../test/support/salesforce-workflow.ts';
import { workerSettings } from '../../test/support/worker-settings.ts';
import { createSalesforceConnector } from '../connectors/salesforce/connector.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { composeAccess } from './compose.ts';
import { parseJobDocument } from './job-document.ts';
import { writeSettledPolicy } from '../../test/support/settled-policy.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'compose-'));
  writeSettledPolicy(join(directory, 'policy.yaml'), {
    version: 1,
    network: { allow: ['open.test'] },
    secrets: [
      {
        ref: '/openmetadata/bot',
        connector: 'openmetadata',
        fields: ['jwtToken'],
        hosts: ['catalog.test'],
      },
    ],
  });
});

afterAll(() => rm(directory, { recursive: true }));

const SERVER = {
  hostPort: 'https://catalog.test/api',
  securityConfig: { jwtToken: 'secret:/openmetadata/bot' },
};

/** Whether the sink is used by a run whose records have a file to go to. */
async function usesSink(
  openMetadataServerConfig: Readonly<Record<string, unknown>>,
  sink: unknown = { type: 'metadata-rest' },
): Promise<boolean> {
  const settings = workerSettings(directory, 'policy.yaml');
  const { document, workflow } = parseJobDocument(
    JSON.stringify(
      salesforceWorkflow(
        {
          consumerKey: 'key',
          consumerSecret: 'secret:/salesforce/app',
          salesforceDomain: 'acme.my',
        },
        {},
        { sink, workflowConfig: { openMetadataServerConfig } },
      ),
    ),
  );
  const open = composeAccess({
    settings,
    connectors: [createSalesforceConnector()],
    redactor: createRedactor(),
    audit: silentLogger,
    env: {},
    sink: 'ifPermitted',
  });
  return (
    (
      await open({
        kind: 'metadata',
        document,
        workflow,
        connector: createSalesforceConnector(),
        signal: NEVER,
      })
    ).openSink !== undefined
  );
}

describe('an OpenMetadata sink in addition to a file', () => {
  it('is used if the policy names its server', async () => {
    expect(await usesSink(SERVER)).toBe(true);
  });

  it.each([
    ['the policy does not name its server', { ...SERVER, hostPort: 'https://elsewhere.test/api' }],
    ['its address is invalid', { ...SERVER, hostPort: 'catalog' }],
    ['it has no address', {}],
    [
      'the policy does not name its server, regardless of other errors',
      { hostPort: 'http://localhost:8585/api', authProvider: 'okta' },
    ],
  ])('is not used if %s', async (_what, config) => {
    expect(await usesSink(config)).toBe(false);
  });

  it('is ignored if it is of another kind', async () => {
    expect(await usesSink(SERVER, { type: 'file' })).toBe(false);
  });

  it.each([
    ['it has another auth provider', { ...SERVER, authProvider: 'okta' }, 'authProvider'],
    ['it has no token', { ...SERVER, securityConfig: {} }, 'securityConfig.jwtToken'],
    ['it is not encrypted', { ...SERVER, hostPort: 'http://catalog.test:443/api' }, 'https'],
    [
      'it requires a client certificate',
      { ...SERVER, sslConfig: { sslKey: 'x' } },
      'sslConfig.sslKey',
    ],
    [
      'it is in network.allow and has no token',
      { hostPort: 'https://open.test/api' },
      'securityConfig',
    ],
  ])('is rejected if the policy names its server but %s', async (_what, config, problem) => {
    await expect(usesSink(config)).rejects.toMatchObject({
      code: 'JOB_INVALID',
      message: expect.stringContaining(problem) as string,
    });
  });
});

describe('a file that a job names', () => {
  const pem = generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
    .trimEnd();

  it.each([
    ['other', undefined],
    ['shared', 'SECRET_FILE_DENIED'],
  ] as const)(
    'is not read from the directory of secrets (secrets in "%s", expected error: %s)',
    async (secrets, code) => {
      const key = join(directory, 'shared', 'key.pem');
      await mkdir(join(directory, 'shared'), { recursive: true });
      await writeFile(key, pem, { mode: 0o600 });
      writeSettledPolicy(join(directory, 'files.yaml'), {
        version: 1,
        files: { directory: join(directory, 'shared') },
        secrets: [],
      });
      const settings = workerSettings(directory, 'files.yaml', {
        directory: join(directory, secrets),
      });
      const { document, workflow } = parseJobDocument(
        JSON.stringify({
          source: {
            type: 'salesforce',
            serviceName: 'crm',
            sourceConfig: { config: {} },
            serviceConnection: {
              config: {
                type: 'Salesforce',
                consumerKey: 'key',
                consumerSecret: 'secret:/salesforce/app',
                salesforceDomain: 'acme.my',
                sslConfig: { sslCertificate: key, sslKey: key },
              },
            },
          },
          workflowConfig: {},
        }),
      );
      const access = await composeAccess({
        settings,
        connectors: [createSalesforceConnector()],
        redactor: createRedactor(),
        audit: silentLogger,
        env: {},
        sink: 'unused',
      })({
        kind: 'metadata',
        document,
        workflow,
        connector: createSalesforceConnector(),
        signal: NEVER,
      });
      const text = access.secrets
        .get('sslConfig.sslKey')!
        .read(AbortSignal.timeout(300_000))
        .then((secret) => secret.reveal());
      if (code === undefined) expect(await text).toBe(pem);
      else await expect(text).rejects.toMatchObject({ code });
    },
  );
});
