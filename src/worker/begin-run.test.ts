import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { workerSettings } from '../../test/support/worker-settings.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createSalesforceConnector } from '../connectors/salesforce/connector.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { noAuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { policyOf } from '../../test/support/policy.ts';
import type { RunLimit } from '../policy/decision.ts';
import type { RunQuota } from '../policy/run-quota.ts';
import { beginRun } from './begin-run.ts';
import { limitsFor } from './source-access.ts';
import type { Access, AccessRequest } from './access.ts';
import { composeAccess } from './compose.ts';
import { parseJobDocument } from './job-document.ts';
import { writeSettledPolicy } from '../../test/support/settled-policy.ts';

const UNLIMITED = { maxRunsPerHour: undefined, maxCallsPerDay: undefined };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'begin-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** The job of these tests. */
function requestOf(
  kind: 'metadata' | 'test_connection' = 'metadata',
): Pick<AccessRequest, 'kind' | 'document' | 'workflow' | 'connector'> {
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
  return { kind, document, workflow, connector: createSalesforceConnector() };
}

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
  writeSettledPolicy(join(directory, 'policy.yaml'), {
    version: 1,
    secrets: [...earlierRules.map((more) => ({ ...rule, ...UNLIMITED, ...more })), rule],
    salesforce,
  });
  const request = requestOf(kind);
  return composeAccess({
    settings: { ...workerSettings(directory, 'policy.yaml'), stateDir: directory },
    connectors: [request.connector],
    redactor: createRedactor(),
    audit: silentLogger,
    env: {},
    sink: 'unused',
  })({ ...request, signal: NEVER });
}

const codeOf = (opening: Promise<unknown>): Promise<string> =>
  opening.then(
    () => 'opened',
    (thrown: unknown) => RunnerError.from(thrown).code,
  );

it('rejects a run beyond the runs of an hour, before a secret is read', async () => {
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

it('counts runs under the rule of the token that the sink uses', async () => {
  const rules = [
    { ref: '/sf/*', connector: 'salesforce', fields: ['consumerSecret'], hosts: ['h.example'] },
    {
      ref: '/om/bot',
      connector: 'openmetadata',
      fields: ['jwtToken'],
      hosts: ['h.example'],
      maxRunsPerHour: 1,
    },
  ];
  const policy = policyOf(JSON.stringify({ version: 1, secrets: rules }));
  const stated: RunLimit[][] = [];
  const quota: RunQuota = {
    begin: async (limits) => {
      stated.push([...limits]);
      return { calls: undefined, report: () => Promise.resolve() };
    },
  };
  const endpoint = { host: 'h.example', port: 443 };
  const limits = limitsFor(policy.limitsFor('salesforce'), 'required');
  const uses = [{ path: ['sf', 'app'], field: 'consumerSecret' }];
  const run = { request: requestOf(), endpoints: [endpoint], uses, limits, quota };
  const sink = { server: { endpoint }, uses: [{ path: ['om', 'bot'], field: 'jwtToken' }] };
  const deps = { policy, clock: systemClock, trail: noAuditTrail, audit: silentLogger };
  await beginRun({ ...run, sink }, deps);
  await beginRun(run, deps);
  expect(stated.map((limits) => limits.map(({ place }) => place))).toEqual([['secrets[1]'], []]);
});
