import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { privateFile } from '../../test/support/private-file.ts';
import { salesforceWorkflow } from '../../test/support/salesforce-workflow.ts';
import { writeSettledPolicy } from '../../test/support/settled-policy.ts';
import { workerSettings } from '../../test/support/worker-settings.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { readEvents } from '../audit/read-events.ts';
import { auditDirectory } from '../audit/trail.ts';
import { createSalesforceConnector } from '../connectors/salesforce/connector.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { composeAccess } from './compose.ts';
import { parseJobDocument } from './job-document.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'managers-'));
});
afterAll(() => rm(directory, { recursive: true }));

it('a connection to a secret manager is in the audit trail, also if it is refused', async () => {
  const rule = {
    ref: '/vault/*/*',
    connector: 'salesforce',
    fields: ['consumerSecret'],
    hosts: ['acme.my.salesforce.com'],
  };
  writeSettledPolicy(join(directory, 'policy.yaml'), { version: 1, secrets: [rule] });
  const { secrets, network, ...settings } = workerSettings(directory, 'policy.yaml');
  const mount = {
    prefix: '/vault',
    provider: 'hashicorp-vault' as const,
    url: 'https://vault.example',
    tokenFile: privateFile('token-of-the-runner'),
  };
  const from = { host: 'vault.example', port: 443 };
  const connectTo = [{ from, to: { host: '127.0.0.1', port: 1 } }];
  const text = JSON.stringify(
    salesforceWorkflow({
      consumerKey: 'key',
      consumerSecret: 'secret:/vault/app/secret',
      salesforceDomain: 'acme.my',
    }),
  );
  const connector = createSalesforceConnector();
  const access = await composeAccess({
    settings: {
      ...settings,
      stateDir: directory,
      network: { ...network, connectTo },
      secrets: { ...secrets, mounts: [mount] },
    },
    connectors: [connector],
    redactor: createRedactor(),
    audit: silentLogger,
    env: {},
    sink: 'unused',
  })({ kind: 'metadata', ...parseJobDocument(text), connector, signal: NEVER });
  await expect(access.secrets.get('consumerSecret')!.read(NEVER)).rejects.toMatchObject({
    code: 'SECRET_PROVIDER_FAILED',
  });
  const wanted = { since: 0, event: 'connect', decision: 'allow' } as const;
  const [first] = await readEvents(nodeDisk, auditDirectory(directory), wanted);
  expect(first).toMatchObject({ purpose: 'secretManager', target: 'vault.example:443' });
});
