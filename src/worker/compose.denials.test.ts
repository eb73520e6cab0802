import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { salesforceWorkflow } from '../../test/support/salesforce-workflow.ts';
import { writeSettledPolicy } from '../../test/support/settled-policy.ts';
import { workerSettings } from '../../test/support/worker-settings.ts';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { readEvents } from '../audit/read-events.ts';
import { auditDirectory } from '../audit/trail.ts';
import { createSalesforceConnector } from '../connectors/salesforce/connector.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { composeAccess } from './compose.ts';
import { parseJobDocument } from './job-document.ts';

const REFERENCE = 'secret:/salesforce/app';
const CONNECTION = { consumerKey: 'key', consumerSecret: REFERENCE, salesforceDomain: 'acme.my' };
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'denials-'));
});
afterAll(() => rm(directory, { recursive: true }));

interface Asked {
  readonly policy?: object;
  readonly connection?: object;
  /** Whether nothing can be recorded. */
  readonly unwritable?: boolean;
}

/**
 * The code of the error, and what the audit trail has of denied jobs and secrets and of failed
 * sign-ins. If the job is permitted, its sign-in fails, and then it reads its secrets.
 */
async function open({ policy = {}, connection = {}, unwritable = false }: Asked) {
  const stateDir = await mkdtemp(join(directory, 'state-'));
  if (unwritable) await writeFile(auditDirectory(stateDir), 'in the way');
  writeSettledPolicy(join(directory, 'policy.yaml'), { version: 1, ...policy });
  const { document, workflow } = parseJobDocument(
    JSON.stringify(salesforceWorkflow({ ...CONNECTION, ...connection })),
  );
  const connector = createSalesforceConnector();
  const access = composeAccess({
    settings: { ...workerSettings(directory, 'policy.yaml'), stateDir },
    connectors: [connector],
    redactor: createRedactor(),
    audit: silentLogger,
    env: {},
    sink: 'unused',
  });
  const ref = { runId: 'run-1' as RunId, attempt: 2, epoch: 3 };
  const kind = 'metadata' as const;
  const code = await access({ kind, ref, document, workflow, connector, signal: NEVER })
    .then(async ({ noteFailedSignIn, secrets }) => {
      await noteFailedSignIn('SALESFORCE_LOGIN_FAILED');
      for (const secret of secrets.values()) await secret.read(NEVER);
      return 'opened';
    })
    .catch((thrown: unknown) => RunnerError.from(thrown).code);
  const find = (event: string, decision: 'deny' | 'reject') =>
    unwritable ? [] : readEvents(nodeDisk, auditDirectory(stateDir), { since: 0, event, decision });
  return {
    code,
    jobs: await find('job', 'deny'),
    secrets: await find('secret', 'deny'),
    signIns: await find('signIn', 'reject'),
  };
}

describe('a job that a worker denies', () => {
  const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

  it.each([
    ['POLICY_DENIED', { policy: { jobs: { kinds: ['test_connection'] } } }],
    ['POLICY_DENIED', { policy: { salesforce: { metadata: 'deny' } } }],
    ['POLICY_INVALID', { policy: { network: 'open' } }],
    ['SECRET_IN_PLAIN_FIELD', { connection: { username: REFERENCE } }],
    ['SECRET_REFERENCE_INVALID', { connection: { consumerSecret: 'secret:/a//b' } }],
    ['SECRET_IN_PLAIN_TEXT', { connection: { consumerSecret: 'a password' } }],
    ['SECRET_FILE_DENIED', { connection: { sslConfig: { sslKey: '/etc/shadow' } } }],
    [
      'CA_CERTIFICATE_DENIED',
      { policy: { plainTextSecrets: 'allow' }, connection: { sslConfig: { caCertificate: ca } } },
    ],
  ] as const)('is in the audit trail with %s: %j', async (code, asked) => {
    const found = await open(asked);
    expect(found).toMatchObject({
      code,
      jobs: [{ attempt: 'run-1.2.3', kind: 'metadata', connector: 'Salesforce', code }],
    });
    expect(JSON.stringify(found)).not.toMatch(/secret:|shadow|a password/);
  });

  it('stays denied if that cannot be recorded', async () => {
    const policy = { jobs: { kinds: ['test_connection'] } };
    expect((await open({ policy, unwritable: true })).code).toBe('POLICY_DENIED');
    expect((await open({ unwritable: true })).code).toBe('AUDIT_UNWRITABLE');
  });
});

describe('a secret that a worker denies', () => {
  it('is in the audit trail with the longest names that a job can have', async () => {
    // In JSON, six characters each.
    const name = '\u0001'.repeat(512);
    const others = { consumerKey: name, privateKey: REFERENCE, consumerSecret: undefined };
    const { code, secrets } = await open({ connection: { ...others, username: name } });
    expect(code).toBe('SECRET_UNAVAILABLE');
    expect(secrets).toMatchObject([{ event: 'secret', user: name, client: name }]);
    const longer = await open({ connection: { ...others, username: `${name}x` } });
    expect(longer).toMatchObject({ code: 'SALESFORCE_CONNECTION_INVALID', secrets: [] });
  });
});

describe('a sign-in that fails', () => {
  it('is in the audit trail with its user and the code', async () => {
    const username = 'etl@acme.example';
    const connection = { username, privateKey: REFERENCE, consumerSecret: undefined };
    const { code, jobs, signIns } = await open({ connection });
    expect([code, jobs]).toEqual(['SECRET_UNAVAILABLE', []]);
    const facts = { connector: 'Salesforce', kind: 'metadata', user: username };
    expect(signIns).toMatchObject([
      { attempt: 'run-1.2.3', ...facts, code: 'SALESFORCE_LOGIN_FAILED' },
    ]);
  });
});
