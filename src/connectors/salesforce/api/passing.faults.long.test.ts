import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type FaultRule, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  extractFrom,
  failuresOf,
  tableNames,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;
let names: string[];

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

/** Short pauses, and a patience that no passing fault exhausts, however slow the machine. */
const quick = { pauseMs: 1, patienceMs: 60_000, headersMs: 1500, bodyIdleMs: 400, callMs: 2500 };
const WITH_SETUP = { sourceConfig: { includeOwners: true, includeDDL: true } };

function withoutTime(record: unknown): string {
  return JSON.stringify(record).replaceAll(/"timestamp":\d+/g, '');
}

/** Each object came out once, as a table or as a failure with its name. */
function expectEachOnce({ records }: SalesforceRun): void {
  expect([...tableNames(records), ...failuresOf(records).map(([name]) => name)].sort()).toEqual(
    names,
  );
}

describe('an extraction with passing faults', () => {
  it('is complete after a 503 for each of the first six calls', async () => {
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
  ])('reads each object once despite %s', async (_what, effect) => {
    sandbox.faults.install({ match: { path: 'composite$', probability: 0.25 }, effect });
    const run = await extractFrom(sandbox, { tuning: { ...quick, tries: 12 } });
    expectEachOnce(run);
    expect(failuresOf(run.records)).toEqual([]);
  });

  it('is complete when the session ends three times', async () => {
    sandbox.faults.install(
      ...['sobjects$', 'composite$', 'recordCount$'].map(
        (path) => ({ match: { path, times: 1 }, effect: { kind: 'session-expired' } }) as const,
      ),
    );
    const run = await extractFrom(sandbox, { tuning: { ...quick, tries: 2 } });
    expect(sandbox.stats().faultsFired).toBe(3);
    expectEachOnce(run);
    expect(failuresOf(run.records)).toEqual([]);
  });

  it('reports each object once when parts of composites fail in various ways', async () => {
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
    'reads all setup objects when each of their calls meets %s within a composite',
    async (_what, effect) => {
      const whole = (await extractFrom(sandbox, WITH_SETUP)).records.map(withoutTime).sort();
      const queries = [
        'FROM\\WApexTrigger',
        'FROM\\WApexClass',
        'FROM\\WValidationRule',
        'FROM\\WFlowDefinitionView',
        'FROM\\WCustomField',
        'FROM\\WUser',
        'FROM\\WEntityDefinition',
        'FROM\\WFieldDefinition',
        'sobjects/CustomField/',
        'sobjects/Flow/',
      ];
      sandbox.faults.install(...queries.map((path) => ({ match: { path, times: 1 }, effect })));
      const run = await extractFrom(sandbox, { ...WITH_SETUP, tuning: quick });
      expect(sandbox.stats().faultsFired).toBe(queries.length);
      expect(
        run.logs.filter(({ level }) => level === 'warn').map(({ message }) => message),
      ).toEqual([expect.stringContaining('SOAP login()')]);
      expect(run.records.map(withoutTime).sort()).toEqual(whole);
    },
  );

  it('is complete after one response that is a gzip bomb', async () => {
    sandbox.faults.install({
      match: { path: 'v[\\d.]+/composite$', times: 1 },
      effect: { kind: 'gzip-bomb', megabytes: 300 },
    });
    const run = await extractFrom(sandbox, { tuning: quick });
    expectEachOnce(run);
    expect(failuresOf(run.records)).toEqual([]);
  });
});
