import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type FaultRule, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { extractFrom } from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 40 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  sandbox.unlockUser();
});

const quick = { pauseMs: 1, headersMs: 1500, bodyIdleMs: 400, callMs: 2500 };

describe('a lasting fault', () => {
  it.each<[string, FaultRule['effect'], string]>([
    ['a 503', { kind: 'unavailable' }, 'SALESFORCE_BUSY'],
    ['a maintenance page', { kind: 'maintenance' }, 'SALESFORCE_BUSY'],
    ['broken connections', { kind: 'reset' }, 'NETWORK_RESET'],
    ['a body that is not JSON', { kind: 'not-json' }, 'SALESFORCE_UNEXPECTED'],
    ['a truncated body', { kind: 'truncate', afterBytes: 300 }, 'NETWORK_RESET'],
  ])(
    '%s ends the run with a typed error after a bounded number of calls',
    async (_what, effect, code) => {
      sandbox.faults.install({ match: { path: 'sobjects$' }, effect });
      await expect(extractFrom(sandbox, { tuning: { ...quick, tries: 4 } })).rejects.toMatchObject({
        code,
      });
      expect(sandbox.stats().calls['describeGlobal'] ?? 0).toBeLessThanOrEqual(4);
      expect(
        sandbox.stats().requests.filter(({ path }) => path.endsWith('/sobjects')),
      ).toHaveLength(4);
    },
  );

  it('ends the run during describes without a call for each object', async () => {
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

  it('ends a call within the body at its deadline', async () => {
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
