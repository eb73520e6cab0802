import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { soapOptions, testConnectionOf } from '../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30, lockoutAfter: 50 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.unlockUser();
});

describe('a connection test', () => {
  it('reports each step', async () => {
    const steps = await testConnectionOf(sandbox);
    expect(steps.map(({ name, passed, mandatory }) => [name, passed, mandatory])).toEqual([
      ['SignIn', true, true],
      ['ApiVersion', true, true],
      ['CheckAccess', true, true],
      ['ReadDescriptions', true, false],
      ['CheckLimits', true, false],
    ]);
    expect(steps[4]!.message).toMatch(/^\d+ of 100000 API calls/);
  });

  it('ends with a remedy at a mandatory step that fails', async () => {
    const { connection, secrets } = soapOptions(sandbox);
    const steps = await testConnectionOf(sandbox, {
      connection,
      secrets: { ...secrets, password: 'wrong' },
    });
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({
      name: 'SignIn',
      passed: false,
      error: { code: 'SALESFORCE_LOGIN_FAILED' },
    });
    expect(steps[0]!.error?.remedy).toContain('Check user name');
  });

  it('makes no more calls than the policy leaves, and may use the reserve of runs', async () => {
    const limits = { maxApiCallsPerRun: 1, reservePercent: 100 };
    sandbox.resetStats();
    const steps = await testConnectionOf(sandbox, { ...soapOptions(sandbox), limits });
    expect(steps.at(-1)).toMatchObject({ error: { code: 'SALESFORCE_LIMIT_REACHED' } });
    expect(sandbox.stats().apiCalls).toBe(1);
  });

  it('asks before each call that the org counts', async () => {
    sandbox.resetStats();
    let asked = 0;
    const admitCall = async (): Promise<void> => {
      expect(sandbox.stats().apiCalls).toBe(asked);
      asked += 1;
    };
    await testConnectionOf(sandbox, { ...soapOptions(sandbox), admitCall });
    expect(asked).toBeGreaterThan(2);
    expect(sandbox.stats().apiCalls).toBe(asked);
  });

  it('continues when descriptions are not readable', async () => {
    sandbox.faults.install({
      match: { path: 'tooling' },
      effect: {
        kind: 'respond',
        status: 403,
        body: [{ errorCode: 'INSUFFICIENT_ACCESS', message: 'no' }],
      },
    });
    const steps = await testConnectionOf(sandbox);
    expect(steps.map(({ passed }) => passed)).toEqual([true, true, true, false, true]);
    expect(steps[3]!.error?.remedy).toContain('View Setup and Configuration');
  });
});
