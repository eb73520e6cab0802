import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { salesforceWorkflow } from '../../test/support/salesforce-workflow.ts';
import { workerSettings } from '../../test/support/worker-settings.ts';
import { createSalesforceConnector } from '../connectors/salesforce/connector.ts';
import type { JobKind } from '../../foundation/src/domain/job.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { createRedactor } from '../redaction/redactor.ts';
import type { Access } from './access.ts';
import { composeAccess } from './compose.ts';
import { parseJobDocument } from './job-document.ts';
import { writeSettledPolicy } from '../../test/support/settled-policy.ts';

let directory: string;
const denied: LogData[] = [];
const audit: Logger = {
  log: (_level, _message, data) => void (data?.['decision'] === 'deny' && denied.push({ ...data })),
  child: () => audit,
};
const POLICY = {
  version: 1,
  secrets: [
    {
      ref: '/sf/key',
      connector: 'salesforce',
      fields: ['privateKey'],
      hosts: ['acme.my.salesforce.com', 'login.salesforce.com', 'test.salesforce.com'],
      users: ['runner@acme.example'],
      clients: ['3MVG9.own'],
      audiences: ['https://login.salesforce.com'],
      organizations: ['00D5e000000AbCd'],
      kinds: ['metadata'],
    },
  ],
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bindings-'));
  await mkdir(join(directory, 'secrets', 'sf'), { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'secrets', 'sf', 'key'), 'a private key', { mode: 0o600 });
  writeSettledPolicy(join(directory, 'policy.yaml'), POLICY);
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(() => void denied.splice(0));

function open(connection: object = {}, kind: JobKind = 'metadata'): Promise<Access> {
  const { document, workflow } = parseJobDocument(
    JSON.stringify(
      salesforceWorkflow({
        username: 'runner@acme.example',
        consumerKey: '3MVG9.own',
        privateKey: 'secret:/sf/key',
        salesforceDomain: 'acme.my',
        ...connection,
      }),
    ),
  );
  return composeAccess({
    settings: workerSettings(directory, 'policy.yaml', { directory: join(directory, 'secrets') }),
    connectors: [createSalesforceConnector()],
    redactor: createRedactor(),
    audit,
    env: {},
    sink: 'unused',
  })({ kind, document, workflow, connector: createSalesforceConnector(), signal: NEVER });
}

const read = async (access: Access): Promise<unknown> =>
  access.secrets.get('privateKey')!.read(NEVER);

describe('a private key that a rule binds to an account', () => {
  it('is read for that account', async () => {
    await expect(read(await open())).resolves.toBeDefined();
    expect(denied).toEqual([]);
  });

  const altered = (field: string, values: readonly string[]): object[] =>
    values.map((value) => ({ [field]: value }));

  it.each([
    ...altered('username', [
      'admin@acme.example',
      'RUNNER@acme.example',
      'runner@acme.example ',
      ' runner@acme.example',
      'runner@acme.example\u0000',
      'runner@acme.examp\u217Ce',
      'runner@evil.example',
      'r',
    ]),
    ...altered('consumerKey', ['3MVG9.other', '3mvg9.own', '3MVG9.own ', '3MVG9.own,x', '*']),
    ...altered('salesforceDomain', ['test', 'acme--uat.sandbox.my', 'x--dev.sandbox.my', 'x.my']),
    ...altered('organizationId', ['00D5e000000XyZw', '00D5e000000ABCD', '00D000000000000']),
  ])('is not read, so nothing is signed, for %j', async (connection) => {
    const access = await open(connection);
    await expect(read(access)).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    expect(denied).toEqual([expect.objectContaining({ event: 'audit', decision: 'deny' })]);
  });

  it('is not read for a job of another kind', async () => {
    const access = await open({}, 'test_connection');
    await expect(read(access)).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    expect(denied).toMatchObject([{ rule: 'secrets[0].kinds' }]);
  });

  it('does not open a connection for another account', async () => {
    const access = await open({ username: 'admin@acme.example' });
    const connecting = access.connect(
      { host: 'acme.my.salesforce.com', port: 443 },
      {
        tls: {},
        signal: NEVER,
        timeoutMs: 1000,
      },
    );
    await expect(connecting).rejects.toMatchObject({ code: 'HOST_DENIED' });
  });

  it('ends the run in another organization than the bound one', async () => {
    const access = await open();
    await expect(access.admitOrganization(['00D5e000000AbCd'])).resolves.toBeUndefined();
    await expect(access.admitOrganization(['00D5e000000XyZw'])).rejects.toMatchObject({
      code: 'ORGANIZATION_DENIED',
    });
  });
});

describe('a CA certificate in a job', () => {
  it.each([
    [{ plainTextSecrets: 'allow' }, 'CA_CERTIFICATE_DENIED'],
    [{ plainTextSecrets: 'allow', network: { jobCertificateAuthorities: 'allow' } }, undefined],
    [{ network: { jobCertificateAuthorities: 'allow' } }, 'SECRET_IN_PLAIN_TEXT'],
  ])('is rejected or trusted by the policy %j: %s', async (policy, code) => {
    const file = join(directory, 'policy.yaml');
    writeSettledPolicy(file, { ...POLICY, ...policy });
    const opening = open({ sslConfig: { caCertificate: '-----BEGIN CERTIFICATE-----' } });
    if (code === undefined) await expect(opening).resolves.toBeDefined();
    else await expect(opening).rejects.toMatchObject({ code });
  });
});
