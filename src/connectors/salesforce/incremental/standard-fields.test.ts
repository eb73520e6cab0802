import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Effect } from '../../../../sandbox-org/src/control/fault-rules.ts';
import { InMemoryStateStore } from '../../../../test/support/in-memory-state-store.ts';
import {
  startIncrementalOrg,
  type IncrementalOrg,
  type IncrementalRun,
} from '../../../../test/support/incremental-org.ts';
import { tableNames } from '../../../../test/support/salesforce-run.ts';

const FILTERED = 'FROM(?: |%20|\\+)FieldDefinition.*LastModifiedDate(?: |%20|\\+)(?:>|%3E)';
const KNOWN_EDITS = 'LIMIT(?: |%20|\\+)5$';
const ALL_DATES = 'LastModifiedDate(?: |%20|\\+)FROM(?: |%20|\\+)FieldDefinition.*(?:\\)|%29)$';
const UNFILTERED_LOG = 'the org does not filter fields by date; reading the dates of all';

let org: IncrementalOrg;

beforeAll(async () => {
  org = await startIncrementalOrg();
});
afterAll(() => org.sandbox.close());
beforeEach(() => {
  org.sandbox.faults.clear();
  org.tick();
});

function edit(description: string): void {
  org.tick();
  org.sandbox.org.edit({
    kind: 'annotateField',
    object: 'Contact',
    field: 'Title',
    description,
  });
  org.tick();
}

/** A run after an edit of a standard field of Contact. */
async function nextRun(stateStore: InMemoryStateStore): Promise<{
  readonly finds: boolean;
  readonly unfiltered: boolean;
}> {
  edit(`Edited ${Math.random()}`);
  const run: IncrementalRun = await org.run(stateStore, { tuning: { pauseMs: 1, tries: 2 } });
  return {
    finds: tableNames(run.records).includes('Contact'),
    unfiltered: run.logs.some(({ message }) => message === UNFILTERED_LOG),
  };
}

const respond = (status: number, body: unknown): Effect => ({ kind: 'respond', status, body });
const rows = (...records: readonly unknown[]): Effect =>
  respond(200, { size: records.length, totalSize: records.length, done: true, records });

describe('an edit of a standard field', () => {
  it('is found by a filter, without the dates of all fields', async () => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    org.sandbox.faults.install({ match: { path: ALL_DATES }, effect: { kind: 'delay', ms: 0 } });
    expect(await nextRun(stateStore)).toMatchObject({ finds: true, unfiltered: false });
    expect(org.sandbox.stats().faultsFired).toBe(0);
  });

  it.each([
    [
      'rejects the filter',
      respond(400, [
        { errorCode: 'MALFORMED_QUERY', message: 'Only equals comparisons permitted' },
      ]),
    ],
    [
      'fails over the filter each time',
      respond(500, [{ errorCode: 'UNKNOWN_EXCEPTION', message: 'An unexpected error occurred.' }]),
    ],
    ['answers the filter with nothing', rows()],
    [
      'ignores the filter, with a field that was never edited',
      rows({ EntityDefinitionId: 'Account', LastModifiedDate: null }),
    ],
    [
      'ignores the filter, with a field that was edited before',
      rows({ EntityDefinitionId: 'Account', LastModifiedDate: '2001-01-01T00:00:00.000+0000' }),
    ],
  ])('is found in an org that %s, which later runs do not use', async (_title, effect) => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    org.sandbox.faults.install({ match: { path: FILTERED }, effect });
    expect(await nextRun(stateStore)).toMatchObject({ finds: true, unfiltered: true });
    expect(org.sandbox.stats().faultsFired).toBeGreaterThan(0);
    expect(await nextRun(stateStore)).toMatchObject({ finds: true, unfiltered: false });
    expect(org.sandbox.stats().faultsFired).toBe(0);
  });

  it.each([
    ['rejects the query for known edits', respond(400, [])],
    ['has no custom field', rows()],
  ])('is found in an org that %s', async (_title, effect) => {
    const stateStore = new InMemoryStateStore();
    org.sandbox.faults.install({ match: { path: KNOWN_EDITS }, effect });
    await org.run(stateStore);
    expect(org.sandbox.stats().faultsFired).toBe(1);
    org.sandbox.faults.install({ match: { path: ALL_DATES }, effect: { kind: 'delay', ms: 0 } });
    expect(await nextRun(stateStore)).toMatchObject({ finds: true, unfiltered: false });
    expect(org.sandbox.stats().faultsFired).toBeGreaterThan(0);
  });

  it('is found if the stored date of the known edits is damaged', async () => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    const { knownEdits } = stateStore.state as { knownEdits: object };
    Object.assign(knownEdits, { since: 'yesterday' });
    expect((await nextRun(stateStore)).finds).toBe(true);
  });

  it('is not looked for with more calls once the org permits none', async () => {
    const stateStore = new InMemoryStateStore();
    await org.run(stateStore);
    const effect = respond(403, [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'Exceeded.' }]);
    org.sandbox.faults.install({ match: { path: FILTERED }, effect });
    await expect(nextRun(stateStore)).rejects.toMatchObject({ code: 'SALESFORCE_LIMIT_REACHED' });
    expect(org.sandbox.stats().apiCalls).toBeLessThanOrEqual(4);
  });

  it('is found if the known edits are of fields that are gone', async () => {
    const stateStore = new InMemoryStateStore();
    org.sandbox.faults.install({
      match: { path: KNOWN_EDITS },
      effect: rows({ TableEnumOrId: '01I000000000000', LastModifiedDate: '2026-01-01T00:00:00Z' }),
    });
    await org.run(stateStore);
    expect(await nextRun(stateStore)).toMatchObject({ finds: true, unfiltered: true });
  });
});
