import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { InMemoryStateStore } from '../../../../test/support/in-memory-state-store.ts';
import {
  extractFrom,
  failuresOf,
  tableNames,
  tablesOf,
  type RunOptions,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import { CallBudget } from './budget.ts';

const code = 'SALESFORCE_LIMIT_REACHED';

describe('CallBudget', () => {
  it('throws after the calls that the policy allows a run', () => {
    const budget = new CallBudget({ reservePercent: 0, maxApiCallsPerRun: 2 });
    budget.begin();
    budget.begin();
    expect(() => budget.begin()).toThrow(expect.objectContaining({ code, retryable: false }));
  });

  it('does not use the reserve, and counts pending calls', () => {
    const budget = new CallBudget({ reservePercent: 20, maxApiCallsPerRun: undefined });
    budget.learn({ used: 78, limit: 100 });
    budget.begin();
    budget.begin();
    expect(() => budget.begin()).toThrow(expect.objectContaining({ code }));
    budget.ended();
    budget.begin();
  });

  it('allows only the first call with a reserve of 100 percent', () => {
    const budget = new CallBudget({ reservePercent: 100, maxApiCallsPerRun: undefined });
    budget.begin();
    budget.learn({ used: 0, limit: 100 });
    expect(() => budget.begin()).toThrow(expect.objectContaining({ code }));
  });
});

describe('an extraction', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ objects: 300, dailyLimit: 100 });
  });
  afterAll(() => sandbox.close());
  beforeEach(() => sandbox.resetStats());

  it('ends at the limit with the tables it has and a failure with the reason', async () => {
    const { records, logs } = await extractFrom(sandbox, {
      limits: { maxApiCallsPerRun: 24, reservePercent: 0 },
    });
    expect(sandbox.stats().apiCalls).toBeLessThanOrEqual(24);
    expect(tablesOf(records).length).toBeGreaterThan(0);
    expect(failuresOf(records)).toEqual([['API calls', code]]);
    expect(logs.map(({ message }) => message).join()).toContain('API call limit reached');
  });

  describe('a run after one that reached its limit', () => {
    const capped = { maxApiCallsPerRun: 24, reservePercent: 0 } as const;
    const kindsIn = ({ records }: SalesforceRun): Set<string> =>
      new Set(
        records.map((record) => ('type' in record ? `${record.kind} ${record.type}` : record.kind)),
      );

    function incrementalRuns(): (
      limits: NonNullable<RunOptions['limits']>,
    ) => Promise<SalesforceRun> {
      const stateStore = new InMemoryStateStore();
      return (limits) => {
        sandbox.resetStats();
        return extractFrom(sandbox, { stateStore, limits });
      };
    }

    it('continues where that ended, and the next one adds the records about all objects', async () => {
      const run = incrementalRuns();
      const first = tableNames((await run(capped)).records);
      const second = await run({ reservePercent: 0 });
      expect(tableNames(second.records).filter((name) => first.includes(name))).toEqual([]);
      expect(tableNames(second.records).length + first.length).toBe(sandbox.org.list().length);
      expect(failuresOf(second.records)).toEqual([]);
      const third = await run({ reservePercent: 0 });
      expect(tableNames(third.records)).toEqual([]);
      expect([...kindsIn(third)]).toEqual(
        expect.arrayContaining([
          'entity storedProcedure',
          'lineage',
          'profile',
          'sweep storedProcedure',
        ]),
      );
      await run({ reservePercent: 0 });
      expect(sandbox.stats().apiCalls).toBe(1);
    });

    it('reads each object once even if a full run never fits, and then takes one call', async () => {
      const run = incrementalRuns();
      const calls: number[] = [];
      for (let count = 0; count < 8; count++) {
        await run(capped);
        calls.push(sandbox.stats().apiCalls);
      }
      expect(Math.max(...calls)).toBeLessThanOrEqual(24);
      expect(calls.slice(-2)).toEqual([1, 1]);
    });
  });

  it('knows how many calls remain', () => {
    const budget = new CallBudget({ reservePercent: 20, maxApiCallsPerRun: 50 });
    expect([budget.leaves(50), budget.leaves(51)]).toEqual([true, false]);
    budget.learn({ used: 60, limit: 100 });
    expect([budget.leaves(20), budget.leaves(21)]).toEqual([true, false]);
    budget.begin(19);
    expect([budget.leaves(19), budget.leaves(20)]).toEqual([true, false]);
    expect(() => budget.begin(19)).toThrow('60 of 100 API calls');
  });

  it('never uses the reserve', async () => {
    const { records } = await extractFrom(sandbox, { limits: { reservePercent: 80 } });
    expect(failuresOf(records)).toEqual([['API calls', code]]);
    expect(sandbox.stats().apiCalls).toBeLessThanOrEqual(20);
  });

  it('requests the list of objects, and nothing else if no call is left', async () => {
    await expect(extractFrom(sandbox, { limits: { reservePercent: 100 } })).rejects.toMatchObject({
      code,
    });
    expect(sandbox.stats().apiCalls).toBe(1);
  });
});
