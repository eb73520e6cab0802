import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type FaultRule, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { contextFor } from '../../../../test/support/connector-context.ts';
import {
  extractFrom,
  failuresOf,
  soapOptions,
  tableNames,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import { parseConnection } from '../sign-in/connection.ts';
import { openOrg } from './org.ts';

let sandbox: Sandbox;
let names: string[];
const quick = { pauseMs: 1, headersMs: 1500, bodyIdleMs: 400, callMs: 2500 };

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 40 });
  names = sandbox.org
    .list()
    .map(({ name }) => name)
    .sort();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  sandbox.unlockUser();
});

const WITH_SETUP = { sourceConfig: { includeOwners: true, includeDDL: true } };

function withoutTime(record: unknown): string {
  return JSON.stringify(record).replaceAll(/"timestamp":\d+/g, '');
}

/** Whatever happened: each object once, as a table or as a failure with its name. */
function expectEachOnce({ records }: SalesforceRun): void {
  expect([...tableNames(records), ...failuresOf(records).map(([name]) => name)].sort()).toEqual(
    names,
  );
}

describe('an extraction in bad weather', () => {
  it('has everything after a storm of 503 that meets its first six calls', async () => {
    sandbox.faults.install({
      match: { path: '(?:composite|sobjects|recordCount)$', times: 6 },
      effect: { kind: 'unavailable' },
    });
    const run = await extractFrom(sandbox, { tuning: { ...quick, tries: 8 } });
    expect(sandbox.stats().faultsFired).toBe(6);
    expectEachOnce(run);
    expect(failuresOf(run.records)).toEqual([]);
  });

  it.each<[string, FaultRule['effect']]>([
    ['broken connections', { kind: 'reset' }],
    ['truncated bodies', { kind: 'truncate', afterBytes: 300 }],
    ['bodies that are not JSON', { kind: 'not-json' }],
    ['bodies that stall', { kind: 'stall-body', afterBytes: 300 }],
    ['maintenance pages', { kind: 'maintenance' }],
  ])('has each object once among %s', async (_what, effect) => {
    sandbox.faults.install({ match: { path: 'composite$', probability: 0.25 }, effect });
    const run = await extractFrom(sandbox, { tuning: { ...quick, tries: 12 } });
    expectEachOnce(run);
    expect(failuresOf(run.records)).toEqual([]);
  });

  it('has everything though the session ends three times', async () => {
    sandbox.faults.install(
      ...[1, 3, 5].map(
        (nth) =>
          ({ match: { path: 'composite$', nth }, effect: { kind: 'session-expired' } }) as const,
      ),
    );
    const run = await extractFrom(sandbox, { tuning: { ...quick, tries: 2 } });
    expect(sandbox.stats().faultsFired).toBe(3);
    expectEachOnce(run);
    expect(failuresOf(run.records)).toEqual([]);
  });

  it('has each object once when parts of composites fail in every way there is', async () => {
    const parts: readonly FaultRule['effect'][] = [
      { kind: 'unavailable' },
      { kind: 'session-expired' },
      { kind: 'vanish' },
      { kind: 'forbid' },
      { kind: 'respond', status: 500, body: [{ errorCode: 'UNKNOWN_EXCEPTION', message: 'x' }] },
    ];
    sandbox.faults.install(
      ...parts.map((effect) => ({ match: { path: 'describe$', probability: 0.06 }, effect })),
    );
    const run = await extractFrom(sandbox, { tuning: quick });
    expectEachOnce(run);
    expect(failuresOf(run.records).length).toBeGreaterThan(0);
    expect(new Set(failuresOf(run.records).map(([, code]) => code))).not.toContain('INTERNAL');
  });

  it.each<[string, FaultRule['effect']]>([
    ['an ended session', { kind: 'session-expired' }],
    ['an overload', { kind: 'unavailable' }],
  ])(
    'has all that Setup says when each kind of its queries meets %s within a composite',
    async (_what, effect) => {
      const whole = (await extractFrom(sandbox, WITH_SETUP)).records.map(withoutTime).sort();
      const tables = [
        'ApexTrigger',
        'ApexClass',
        'ValidationRule',
        'FlowDefinitionView',
        'CustomField',
        'Flow',
        'User',
        'EntityDefinition',
        'FieldDefinition',
      ];
      sandbox.faults.install(
        ...tables.map((table) => ({ match: { path: `FROM\\W${table}\\b`, times: 1 }, effect })),
      );
      const run = await extractFrom(sandbox, { ...WITH_SETUP, tuning: quick });
      expect(sandbox.stats().faultsFired).toBe(tables.length);
      expect(
        run.logs.filter(({ level }) => level === 'warn').map(({ message }) => message),
      ).toEqual([expect.stringContaining('SOAP login()')]);
      expect(run.records.map(withoutTime).sort()).toEqual(whole);
    },
  );

  it('has everything when describes came as a gzip bomb once', async () => {
    sandbox.faults.install({
      match: { path: 'v[\\d.]+/composite$', times: 1 },
      effect: { kind: 'gzip-bomb', megabytes: 300 },
    });
    const run = await extractFrom(sandbox, { tuning: quick });
    expectEachOnce(run);
    expect(failuresOf(run.records)).toEqual([]);
  });
});

describe('weather that stays bad ends the run with a typed error, after a bounded number of calls', () => {
  it.each<[string, FaultRule['effect'], string]>([
    ['a 503', { kind: 'unavailable' }, 'SALESFORCE_BUSY'],
    ['a maintenance page', { kind: 'maintenance' }, 'SALESFORCE_BUSY'],
    ['broken connections', { kind: 'reset' }, 'NETWORK_RESET'],
    ['a body that is not JSON', { kind: 'not-json' }, 'SALESFORCE_UNEXPECTED'],
    ['a truncated body', { kind: 'truncate', afterBytes: 300 }, 'NETWORK_RESET'],
  ])('%s', async (_what, effect, code) => {
    sandbox.faults.install({ match: { path: 'sobjects$' }, effect });
    await expect(extractFrom(sandbox, { tuning: { ...quick, tries: 4 } })).rejects.toMatchObject({
      code,
    });
    expect(sandbox.stats().calls['describeGlobal'] ?? 0).toBeLessThanOrEqual(4);
    expect(sandbox.stats().requests.filter(({ path }) => path.endsWith('/sobjects'))).toHaveLength(
      4,
    );
  });

  it('while objects are described, without asking for each of them by itself', async () => {
    sandbox.faults.install({
      match: { path: 'v[0-9.]+/composite$' },
      effect: { kind: 'unavailable' },
    });
    await expect(extractFrom(sandbox, { tuning: { ...quick, tries: 3 } })).rejects.toMatchObject({
      code: 'SALESFORCE_BUSY',
      retryable: true,
    });
    expect(
      sandbox.stats().requests.filter(({ path }) => /v[0-9.]+\/composite$/.test(path)).length,
    ).toBeLessThanOrEqual(36);
  });

  it('silence in the middle of a body, by its deadline', async () => {
    sandbox.faults.install({
      match: { path: 'sobjects$' },
      effect: { kind: 'stall-body', afterBytes: 5 },
    });
    const started = performance.now();
    await expect(
      extractFrom(sandbox, { tuning: { ...quick, bodyIdleMs: 60_000, callMs: 400, tries: 2 } }),
    ).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(performance.now() - started).toBeLessThan(50_000);
  });
});

describe('too many calls at once', () => {
  it('are refused like what is forbidden, and halve the calls under way all the same', async () => {
    const { context } = contextFor(sandbox, soapOptions(sandbox));
    const { signal } = new AbortController();
    sandbox.faults.install({
      match: { path: 'limits$', times: 1 },
      effect: {
        kind: 'respond',
        status: 403,
        body: [
          {
            errorCode: 'REQUEST_LIMIT_EXCEEDED',
            message: 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.',
          },
        ],
      },
    });
    const org = openOrg(
      {
        connection: parseConnection(soapOptions(sandbox).connection),
        context,
        tuning: { pauseMs: 1 },
      },
      signal,
    );
    const before = org.limit.value;
    try {
      await org.api.json(
        { method: 'GET', path: '/services/data/v64.0/limits', what: 'the limits' },
        signal,
      );
      expect(org.limit.value).toBe(before / 2);
    } finally {
      await org.close();
    }
  });
});

describe('fifty calls in flight that meet the end of the session together', () => {
  it('cost one sign-in, and all get their answer', async () => {
    const { context } = contextFor(sandbox, soapOptions(sandbox));
    const { signal } = new AbortController();
    const org = openOrg(
      {
        connection: parseConnection(soapOptions(sandbox).connection),
        context,
        tuning: { pauseMs: 1, maxSockets: 50 },
      },
      signal,
    );
    const limits = (): Promise<unknown> =>
      org.api.json(
        { method: 'GET', path: '/services/data/v64.0/limits', what: 'the limits' },
        signal,
      );
    try {
      await limits();
      sandbox.expireSessions();
      const answers = await Promise.all(Array.from({ length: 50 }, limits));
      expect(
        answers.every(
          (answer) => typeof answer === 'object' && answer !== null && 'DailyApiRequests' in answer,
        ),
      ).toBe(true);
      expect(sandbox.stats().logins).toBe(2);
    } finally {
      await org.close();
    }
  });
});
