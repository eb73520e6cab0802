import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { extractFrom, failuresOf, tableNames, tablesOf } from '../../../test/support/salesforce-run.ts';
import { CallBudget } from './budget.ts';

const code = 'SALESFORCE_LIMIT_REACHED';

describe('a budget of calls', () => {
  it('ends with the calls that the policy allows a run', () => {
    const budget = new CallBudget({ reservePercent: 0, maxApiCallsPerRun: 2 });
    budget.begin();
    budget.begin();
    expect(() => budget.begin()).toThrow(expect.objectContaining({ code, retryable: false }));
  });

  it('leaves the reserve alone, calls under way counted', () => {
    const budget = new CallBudget({ reservePercent: 20, maxApiCallsPerRun: undefined });
    budget.learn({ used: 78, limit: 100 });
    budget.begin();
    budget.begin();
    expect(() => budget.begin()).toThrow(expect.objectContaining({ code }));
    budget.ended();
    budget.begin();
  });

  it('with a reserve of everything allows what must be known first, and nothing after it', () => {
    const budget = new CallBudget({ reservePercent: 100, maxApiCallsPerRun: undefined });
    budget.begin();
    budget.learn({ used: 0, limit: 100 });
    expect(() => budget.begin()).toThrow(expect.objectContaining({ code }));
  });
});

describe('a run', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ objects: 300, dailyLimit: 100 });
  });
  afterAll(() => sandbox.close());
  beforeEach(() => sandbox.resetStats());

  it('that would take too many calls ends with what it has, and says why', async () => {
    const { records, logs } = await extractFrom(sandbox, { limits: { maxApiCallsPerRun: 24, reservePercent: 0 } });
    expect(sandbox.stats().apiCalls).toBeLessThanOrEqual(24);
    expect(tablesOf(records).length).toBeGreaterThan(0);
    expect(failuresOf(records)).toEqual([['API calls', code]]);
    expect(logs.map(({ message }) => message).join()).toContain('ends with what it has');
  });

  it('goes on where a spent budget ended the one before', async () => {
    let state: unknown;
    const memory = { recall: () => Promise.resolve(state), keep: (kept: unknown) => void (state = JSON.parse(JSON.stringify(kept))) };
    const first = tableNames((await extractFrom(sandbox, { memory, limits: { maxApiCallsPerRun: 24, reservePercent: 0 } })).records);
    sandbox.resetStats();
    const { records } = await extractFrom(sandbox, { memory, limits: { reservePercent: 0 } });
    expect(tableNames(records).filter((name) => first.includes(name))).toEqual([]);
    expect(tableNames(records).length + first.length).toBe(sandbox.org.list().length);
    expect(failuresOf(records)).toEqual([]);
  });

  it('never touches the reserve', async () => {
    const { records } = await extractFrom(sandbox, { limits: { reservePercent: 80 } });
    expect(failuresOf(records)).toEqual([['API calls', code]]);
    expect(sandbox.stats().apiCalls).toBeLessThanOrEqual(20);
  });

  it('asks for the limits before anything else, and no more when nothing is left for it', async () => {
    await expect(extractFrom(sandbox, { limits: { reservePercent: 100 } })).rejects.toMatchObject({ code });
    expect(sandbox.stats().apiCalls).toBe(1);
  });
});
