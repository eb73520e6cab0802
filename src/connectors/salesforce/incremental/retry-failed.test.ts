import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InMemoryStateStore } from '../../../../test/support/in-memory-state-store.ts';
import {
  startIncrementalOrg,
  type IncrementalOrg,
} from '../../../../test/support/incremental-org.ts';
import { failuresOf, tableNames } from '../../../../test/support/salesforce-run.ts';

let org: IncrementalOrg;

beforeAll(async () => {
  org = await startIncrementalOrg();
});
afterAll(() => org.sandbox.close());
beforeEach(() => {
  org.sandbox.faults.clear();
  org.tick();
});

describe('objects that failed in the previous run', () => {
  it('reads tables again that lack descriptions because of an error', async () => {
    const stateStore = new InMemoryStateStore();
    org.sandbox.faults.install({
      match: { path: 'FROM(?: |%20|\\+)FieldDefinition' },
      effect: {
        kind: 'respond',
        status: 500,
        body: [{ errorCode: 'UNKNOWN_EXCEPTION', message: 'An unexpected error occurred.' }],
      },
    });
    const first = await org.run(stateStore, { tuning: { pauseMs: 1, tries: 2 } });
    expect(tableNames(first.records).sort()).toEqual(org.names());
    expect(JSON.stringify(first.records)).not.toContain('securityClassification');
    org.sandbox.faults.clear();
    const next = await org.run(stateStore);
    expect(JSON.stringify(next.records)).toContain('securityClassification');
    expect([...tableNames(next.records), ...next.unchanged].sort()).toEqual(org.names());
  });

  it('reads an object again that failed in the previous run', async () => {
    const stateStore = new InMemoryStateStore();
    org.sandbox.faults.install({ match: { object: 'Contact' }, effect: { kind: 'forbid' } });
    expect(failuresOf((await org.run(stateStore)).records)).toEqual([
      ['Contact', 'SALESFORCE_FORBIDDEN'],
    ]);
    org.sandbox.faults.clear();
    const next = await org.run(stateStore);
    expect(tableNames(next.records)).toEqual(['Contact']);
    expect(next.unchanged).toEqual(org.names().filter((name) => name !== 'Contact'));
  });

  it('describes only failed objects if nothing changed, and reports previous failures again', async () => {
    const stateStore = new InMemoryStateStore();
    const connection = { sobjectNames: ['Account', 'Contact', 'Lead', 'NoSuchObject'] };
    org.sandbox.faults.install({ match: { object: 'Contact' }, effect: { kind: 'forbid' } });
    const failing = [
      ['sobjectNames[3]', 'SALESFORCE_NOT_FOUND'],
      ['Contact', 'SALESFORCE_FORBIDDEN'],
    ];
    expect(failuresOf((await org.run(stateStore, { connection })).records)).toEqual(failing);
    for (let round = 0; round < 2; round++) {
      org.tick();
      const next = await org.run(stateStore, { connection });
      expect([next.calls, next.unchanged, failuresOf(next.records)]).toEqual([
        2,
        ['Account', 'Lead'],
        failing,
      ]);
    }
    org.tick();
    org.sandbox.faults.clear();
    const recovered = await org.run(stateStore, { connection });
    expect([
      tableNames(recovered.records),
      recovered.unchanged,
      failuresOf(recovered.records),
    ]).toEqual([['Contact'], ['Account', 'Lead'], failing.slice(0, 1)]);
    expect(recovered.records.filter(({ kind }) => kind === 'sweep')).toEqual([]);
    org.tick();
    const last = await org.run(stateStore, { connection });
    expect([last.calls, last.unchanged]).toEqual([1, ['Account', 'Contact', 'Lead']]);
  });

  it('sends only the tables again that were withheld from the catalog', async () => {
    const stateStore = new InMemoryStateStore();
    stateStore.withheld.add('sandbox.default.salesforce.Contact');
    await org.run(stateStore);
    for (let round = 0; round < 2; round++) {
      org.tick();
      const next = await org.run(stateStore);
      expect([tableNames(next.records), next.unchanged]).toEqual([
        ['Contact'],
        org.names().filter((name) => name !== 'Contact'),
      ]);
    }
    stateStore.withheld.clear();
    org.tick();
    await org.run(stateStore);
    org.tick();
    expect((await org.run(stateStore)).calls).toBe(1);
  });

  it('sends lineage once all other objects were read, although one object always fails', async () => {
    const stateStore = new InMemoryStateStore();
    const capped = { maxApiCallsPerRun: 18, reservePercent: 0 };
    org.sandbox.faults.install({ match: { object: 'Contact' }, effect: { kind: 'forbid' } });
    const first = await org.run(stateStore, { limits: capped });
    expect(failuresOf(first.records).map(([name]) => name)).toContain('API calls');
    for (let round = 0; round < 2; round++) {
      org.tick();
      const next = await org.run(stateStore, { limits: { reservePercent: 0 } });
      expect([round, next.records.some(({ kind }) => kind === 'lineage')]).toEqual([
        round,
        round === 1,
      ]);
    }
  });
});
