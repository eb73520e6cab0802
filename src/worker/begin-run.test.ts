import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { workerSettings } from '../../test/support/worker-settings.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createSalesforceConnector } from '../connectors/salesforce/connector.ts';
import { createRedactor } from '../redaction/redactor.ts';
import type { Access } from './access.ts';
import { CallReports } from './call-reports.ts';
import { composeAccess } from './compose.ts';
import { parseJobDocument } from './job-document.ts';

const UNLIMITED = { maxRunsPerHour: undefined, maxCallsPerDay: undefined };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'begin-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Access of a job, under a policy whose rule has these limits. */
async function open(
  limits: object,
  kind: 'metadata' | 'test_connection' = 'metadata',
  salesforce: object = {},
  earlierRules: readonly object[] = [],
): Promise<Access> {
  const rule = {
    ref: '/sf/*',
    connector: 'salesforce',
    fields: ['consumerSecret'],
    hosts: ['acme.my.salesforce.com'],
    ...limits,
  };
  await writeFile(
    join(directory, 'policy.yaml'),
    JSON.stringify({
      version: 1,
      secrets: [...earlierRules.map((more) => ({ ...rule, ...UNLIMITED, ...more })), rule],
      salesforce,
    }),
    { mode: 0o600 },
  );
  const connector = createSalesforceConnector();
  const config = {
    type: 'Salesforce',
    consumerKey: 'key',
    consumerSecret: 'secret:/sf/app',
    salesforceDomain: 'acme.my',
  };
  const source = {
    type: 'salesforce',
    serviceName: 'crm',
    serviceConnection: { config },
    sourceConfig: { config: {} },
  };
  const { document, workflow } = parseJobDocument(JSON.stringify({ source }));
  return composeAccess({
    settings: { ...workerSettings(directory, 'policy.yaml'), stateDir: directory },
    connectors: [connector],
    redactor: createRedactor(),
    audit: silentLogger,
    env: {},
    sink: 'unused',
  })({ kind, document, workflow, connector });
}

const codeOf = (opening: Promise<unknown>): Promise<string> =>
  opening.then(
    () => 'opened',
    (thrown: unknown) => RunnerError.from(thrown).code,
  );

it('refuses a run beyond the runs of an hour, before a secret is read', async () => {
  expect(await codeOf(open({ maxRunsPerHour: 1 }))).toBe('opened');
  expect(await codeOf(open({ maxRunsPerHour: 1 }))).toBe('POLICY_LIMIT_REACHED');
});

it.each([
  ['any organization', { organizations: ['00D5e000000AbCd'] }],
  ['another time', { times: [{ days: [otherDay()], timeZone: 'UTC' }] }],
])('counts under each rule that may permit it, after an unlimited one for %s', async (_, rule) => {
  const again = (): Promise<Access> => open({ maxRunsPerHour: 1 }, 'metadata', {}, [rule]);
  expect(await codeOf(again())).toBe('opened');
  expect(await codeOf(again())).toBe('POLICY_LIMIT_REACHED');
});

/** A day on which this test does not run. */
function otherDay(): string {
  const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
  return days[(new Date().getUTCDay() + 3) % 7]!;
}

it('limits the calls of a run to what is left of the day', async () => {
  const first = await open({ maxCallsPerDay: 900 }, 'metadata', { maxApiCallsPerRun: 500 });
  expect(first.limits.maxApiCallsPerRun).toBe(500);
  expect((await open({ maxCallsPerDay: 900 })).limits.maxApiCallsPerRun).toBe(400);
  await first.reportCalls?.(100, true);
  const test = await open({ maxCallsPerDay: 900 }, 'test_connection');
  expect(test.limits.maxApiCallsPerRun).toBe(25);
});

it('changes nothing for rules without limits', async () => {
  const { limits } = await open({}, 'metadata', { maxApiCallsPerRun: 7 });
  expect(limits.maxApiCallsPerRun).toBe(7);
  expect((await open({})).limits.maxApiCallsPerRun).toBeUndefined();
});

it('reports calls every fifty, and all of them at the end', async () => {
  const reported: [number, boolean][] = [];
  const reports = new CallReports((...report) => {
    reported.push(report);
    return Promise.reject(new Error('full'));
  });
  for (let call = 0; call < 120; call++) reports.note(1);
  await reports.end();
  expect(reported).toEqual([
    [50, false],
    [100, false],
    [120, true],
  ]);
});
