import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InMemoryStateStore } from '../../../../test/support/in-memory-state-store.ts';
import {
  startIncrementalOrg,
  type IncrementalOrg,
} from '../../../../test/support/incremental-org.ts';
import {
  failuresOf,
  tableNames,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';

let org: IncrementalOrg;

beforeAll(async () => {
  org = await startIncrementalOrg();
});
afterAll(() => org.sandbox.close());
beforeEach(() => {
  org.sandbox.faults.clear();
  org.tick();
});

describe('an incremental run', () => {
  it('makes one call and reports every table as unchanged if nothing changed', async () => {
    const stateStore = new InMemoryStateStore();
    expect(tableNames((await org.run(stateStore)).records).sort()).toEqual(org.names());
    org.tick();
    const next = await org.run(stateStore);
    expect([next.calls, tableNames(next.records)]).toEqual([1, []]);
    expect(next.unchanged).toEqual(org.names());
  });

  it('reads and sends only what changed', async () => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    org.tick();
    org.sandbox.org.edit({ kind: 'renameObject', object: 'Account', label: 'Customer' });
    org.sandbox.org.edit({
      kind: 'addField',
      object: 'Contact',
      field: { name: 'Nickname__c', type: 'string', length: 40 },
    });
    const next = await org.run(stateStore);
    const sent = tableNames(next.records);
    expect(sent).toEqual(expect.arrayContaining(['Account', 'Contact']));
    expect(sent.length).toBeLessThan(12);
    expect([...sent, ...next.unchanged].sort()).toEqual(org.names());
    expect(next.calls).toBeLessThanOrEqual(8);
  });

  it('knows the sizes of the lists of rules, triggers and roll-ups, and of nothing else', async () => {
    const stateStore = new InMemoryStateStore();
    for (let count = 0; count < 2; count++) {
      org.sandbox.org.edit({ kind: 'renameObject', object: 'Account', label: `Client ${count}` });
      org.tick();
      await org.run(stateStore);
    }
    const { rows } = stateStore.state as { rows: Record<string, number> };
    const tables = Object.keys(rows).map((query) => /FROM (\w+)/.exec(query)![1]);
    expect(new Set(tables)).toEqual(new Set(['ApexTrigger', 'CustomField', 'ValidationRule']));
    expect(Math.min(...Object.values(rows))).toBeGreaterThan(0);
  });

  it('requests the definitions of few fields without waiting for the describes', async () => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    org.tick();
    org.sandbox.org.edit({ kind: 'renameObject', object: 'Account', label: 'Client' });
    org.sandbox.faults.install({ match: { path: '/describe$' }, effect: { kind: 'forbid' } });
    const { logs } = await org.run(stateStore);
    const requested = logs.map(({ data }) => data?.['what']);
    expect(requested.filter((what) => what === 'the descriptions of fields')).toHaveLength(1);
  });

  it('takes no call only to end sooner if the policy leaves few', async () => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    org.tick();
    for (const object of ['Account', 'Contact', 'Case'])
      org.sandbox.org.edit({ kind: 'renameObject', object, label: `Few calls for ${object}` });
    org.tick();
    // Four calls show what changed; twelve must remain after the one that describes it.
    const limits = { maxApiCallsPerRun: 17, reservePercent: 0 };
    const { records } = await org.run(stateStore, { limits });
    expect(failuresOf(records)).toEqual([]);
    expect(tableNames(records)).toEqual(expect.arrayContaining(['Account', 'Contact', 'Case']));
  });

  it('asks once for the row of EntityDefinition of an object that it reads', async () => {
    const stateStore = new InMemoryStateStore();
    const full = await org.run(stateStore);
    org.tick();
    org.sandbox.org.edit({ kind: 'renameObject', object: 'Account', label: 'Buyer' });
    org.sandbox.faults.install({
      match: { path: 'FROM(?: |%20|\\+)EntityDefinition', nth: 2, onward: true },
      effect: { kind: 'forbid' },
    });
    const next = await org.run(stateStore);
    const sharing = ({ records }: SalesforceRun): unknown =>
      tablesOf(records).find(({ request }) => request['name'] === 'Account')?.properties?.sharing;
    expect(sharing(full)).toBeDefined();
    expect(sharing(next)).toEqual(sharing(full));
  });

  it('sends nothing after an event that updates all dates of the org', async () => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    org.tick();
    org.sandbox.org.edit({ kind: 'touchAll' });
    const next = await org.run(stateStore);
    expect([tableNames(next.records), next.unchanged]).toEqual([[], org.names()]);
  });

  it.each([
    ['is invalid', (state: unknown) => ({ ...(state as object), objects: 'none' })],
    ['has another version', (state: unknown) => ({ ...(state as object), version: 0 })],
    [
      'is more than a day old',
      (state: unknown) => ({ ...(state as object), wholeAt: Date.now() - 25 * 3_600_000 }),
    ],
    ['is missing', () => undefined],
  ])('reads everything if the stored state %s', async (_how, change) => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    stateStore.state = change(stateStore.state);
    expect(tableNames((await org.run(stateStore)).records).sort()).toEqual(org.names());
  });

  it('reads everything for another workflow or with incremental.enabled false', async () => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    expect(
      tableNames(
        (
          await org.run(stateStore, {
            sourceConfig: { type: 'DatabaseMetadata', incremental: { enabled: false } },
          })
        ).records,
      ).sort(),
    ).toEqual(org.names());
    expect(
      tableNames((await org.run(stateStore, { serviceName: 'other' })).records).sort(),
    ).toEqual(org.names());
  });

  it('stores the number of custom fields if the org counts longer than the run takes', async () => {
    // Without definitions: only the count is read from the Tooling API.
    const share = org.names().find((name) => /[a-z]Share$/.test(name))!;
    const stateStore = new InMemoryStateStore();
    org.sandbox.faults.install({
      match: { path: 'tooling/composite' },
      effect: { kind: 'delay', ms: 500 },
    });
    const { records } = await org.run(stateStore, {
      sourceConfig: {
        tableFilterPattern: { includes: [`^${share}$`] },
        includeStoredProcedures: false,
      },
    });
    expect(tableNames(records)).toEqual([share]);
    expect(org.sandbox.stats().faultsFired).toBe(1);
    expect(stateStore.state).toMatchObject({ customFields: expect.any(Number) as number });
  });
});
