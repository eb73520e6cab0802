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

describe('an org whose answers have no Sforce-Limit-Info header', () => {
  const withoutHeader = {
    effect: { kind: 'drop-header', name: 'Sforce-Limit-Info' },
  } as const;

  it('is asked for its limits after the list of objects, and its reserve is kept', async () => {
    sandbox.faults.install(withoutHeader);
    await expect(extractFrom(sandbox, { limits: { reservePercent: 100 } })).rejects.toMatchObject({
      code: 'SALESFORCE_LIMIT_REACHED',
    });
    const { calls, apiCalls } = sandbox.stats();
    expect([calls['describeGlobal'], calls['limits'], apiCalls]).toEqual([1, 1, 2]);
  });

  it.each([
    ['an answer without the figures', { kind: 'respond', status: 200, body: {} }],
    ['a rejection', { kind: 'forbid' }],
  ] as const)('is read with a warning after %s', async (_title, effect) => {
    sandbox.faults.install({ match: { path: 'limits$' }, effect });
    sandbox.faults.install(withoutHeader);
    const { records, logs } = await extractFrom(sandbox, {
      sourceConfig: { tableFilterPattern: { includes: ['^Account$'] } },
    });
    expect(tableNames(records)).toEqual(['Account']);
    const told = logs.filter(({ message }) => message.includes('cannot read /limits'));
    expect(told.map(({ level }) => level)).toEqual(['warn']);
  });
});

it('is not asked for its limits if answers have the header', async () => {
  await extractFrom(sandbox, {
    sourceConfig: { tableFilterPattern: { includes: ['^Account$'] } },
  });
  expect(sandbox.stats().calls['limits']).toBeUndefined();
});
