import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { extractFrom, failuresOf, tableNames } from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 90 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
});

describe('an allocation that is used up during a run', () => {
  it('ends the run with its tables, one failure with the reason, no further call and no sweep', async () => {
    const { records } = await extractFrom(sandbox, {
      onRecord: (record) => {
        if (record.kind !== 'entity' || record.type !== 'table') return;
        sandbox.faults.clear();
        sandbox.faults.install({ effect: { kind: 'limit-exceeded' } });
      },
    });
    const names = tableNames(records);
    expect(names.length).toBeGreaterThan(0);
    expect(failuresOf(records)).toEqual([['API calls', 'SALESFORCE_LIMIT_REACHED']]);
    expect(records.filter(({ kind }) => kind === 'sweep')).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    expect(sandbox.stats().faultsFired).toBeLessThanOrEqual(40);
  });

  it('fails the run after one rejection if there is no table yet', async () => {
    sandbox.faults.install({ match: { path: 'sobjects$' }, effect: { kind: 'limit-exceeded' } });
    await expect(extractFrom(sandbox)).rejects.toMatchObject({
      code: 'SALESFORCE_LIMIT_REACHED',
      retryable: false,
    });
    expect(sandbox.stats().faultsFired).toBe(1);
  });
});
