import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import type { SampleDataRecord } from '../../../foundation/src/domain/record.ts';
import { createAuthority } from '../../support/certificates.ts';
import { LocalRunner, type Ingestion } from '../../support/local-runner.ts';
import {
  startOpenMetadataServer,
  type OpenMetadataServer,
} from '../../support/openmetadata-server/server.ts';

const TIMEOUT = 300_000;
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJpbmdlc3Rpb24tYm90In0.c2lnbmF0dXJl';
const REFERENCE = 'secret:/openmetadata/bot';
const ACCOUNT = 'crm.default.salesforce.Account';
/** Everything beyond metadata that a job can ask for. */
const GREEDY = {
  includeDDL: true,
  sampleRows: { rows: 5 },
  includeOwners: true,
  profile: { maxApiCalls: 5 },
};

let sandbox: Sandbox;
let server: OpenMetadataServer;
let runner: LocalRunner;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30 });
  const authority = await createAuthority();
  server = await startOpenMetadataServer(authority);
  server.tokens.add(TOKEN);
  const { host, port } = server;
  runner = await LocalRunner.install(sandbox, {
    connectTo: [`${host}:${port}=127.0.0.1:${port}`],
    caPem: authority.caPem,
  });
  await runner.place.call(['secrets', 'set', REFERENCE], { input: TOKEN });
  const content = `Told by phone: ${sandbox.credentials.password}, ask ${encodeURIComponent(sandbox.credentials.password)}`;
  sandbox.org.edit({
    kind: 'addField',
    object: 'Account',
    field: { name: 'Notes__c', type: 'string', governance: {}, content },
  });
}, TIMEOUT);
afterAll(async () => {
  runner.close();
  await server.close();
  await sandbox.close();
}, TIMEOUT);

/** One run that asks for everything, under a policy that says this of Salesforce. */
async function ingestUnder(salesforce: object): Promise<Ingestion> {
  runner.place.file(
    'policy.yaml',
    JSON.stringify({
      version: 1,
      salesforce,
      secrets: [
        {
          ref: '/salesforce/*',
          connector: 'salesforce',
          fields: ['password', 'securityToken'],
          hosts: [`${sandbox.myDomain}.salesforce.com`],
        },
        {
          ref: '/openmetadata/bot',
          connector: 'openmetadata',
          fields: ['jwtToken'],
          hosts: [`${server.host}:${server.port}`],
        },
      ],
    }),
  );
  const openMetadataServerConfig = {
    hostPort: server.hostPort,
    authProvider: 'openmetadata',
    securityConfig: { jwtToken: REFERENCE },
  };
  const ingestion = await runner.ingest(
    runner.workflow(
      { sink: { type: 'metadata-rest', config: {} }, workflowConfig: { openMetadataServerConfig } },
      GREEDY,
    ),
  );
  expect(ingestion.outcome, ingestion.stderr).toMatchObject({ status: 'success' });
  return ingestion;
}

function samplesOf({ records }: Ingestion): SampleDataRecord[] {
  return records.filter((record) => record.kind === 'sampleData');
}

function codeTexts({ records }: Ingestion): number {
  return records
    .filter((record) => record.kind === 'entity')
    .filter(
      ({ request }) =>
        (request['storedProcedureCode'] as { code?: string } | undefined)?.code !== undefined,
    ).length;
}

function profiles({ records }: Ingestion): number {
  return records
    .filter((record) => record.kind === 'profile')
    .filter(({ request }) => 'columnProfile' in request).length;
}

function namesOwners({ records }: Ingestion): boolean {
  return JSON.stringify(records).includes('"owners":');
}

function notices({ records }: Ingestion): string[] {
  return records
    .filter((record) => record.kind === 'log')
    .filter(({ message }) => message.includes('local policy does not set'))
    .map(({ message }) => /\{(\w+)/.exec(message)![1]!);
}

describe('a local run that requests more than metadata', { timeout: TIMEOUT }, () => {
  it('gets source code, profiles and owners by default, but no rows', async () => {
    const run = await ingestUnder({});
    expect([
      samplesOf(run),
      codeTexts(run) > 0,
      profiles(run) > 0,
      namesOwners(run),
      notices(run),
    ]).toEqual([[], true, true, true, ['sampleRows']]);
    expect(server.state.samples.size).toBe(0);
  });

  it('gets nothing that the policy denies', async () => {
    const run = await ingestUnder({
      sampleRows: 'deny',
      codeText: 'deny',
      profile: 'deny',
      owners: 'deny',
    });
    expect([samplesOf(run), codeTexts(run), profiles(run), namesOwners(run), notices(run)]).toEqual(
      [[], 0, 0, false, ['sampleRows', 'codeText', 'profile', 'owners']],
    );
  });

  it('gets and delivers rows if the policy permits them, without the secret in one of them', async () => {
    const run = await ingestUnder({ sampleRows: 'allow' });
    const samples = samplesOf(run);
    expect(samples.length).toBeGreaterThan(5);
    expect(run.outcome?.counts).toMatchObject({ samples: samples.length });
    expect([...server.state.samples.keys()].sort()).toEqual(
      samples.map(({ table }) => table).sort(),
    );
    const { columns, rows } = server.state.samples.get(
      ACCOUNT,
    ) as unknown as SampleDataRecord['request'];
    expect(rows).toHaveLength(5);
    expect(rows[0]![columns.indexOf('Notes__c')]).toBe('Told by phone: [secret], ask [secret]');
    expect(JSON.stringify([run.records, [...server.state.samples]])).not.toContain(
      sandbox.credentials.password,
    );
  });
});
