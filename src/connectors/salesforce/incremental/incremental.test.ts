import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConnectorMemory } from '../../../../test/support/connector-memory.ts';
import {
  startIncrementalOrg,
  type IncrementalOrg,
} from '../../../../test/support/incremental-org.ts';
import { tableNames } from '../../../../test/support/salesforce-run.ts';

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
  it('makes two calls and reports every table as unchanged if nothing changed', async () => {
    const memory = new ConnectorMemory();
    expect(tableNames((await org.run(memory)).records).sort()).toEqual(org.names());
    org.tick();
    const next = await org.run(memory);
    expect([next.calls, tableNames(next.records)]).toEqual([2, []]);
    expect(next.unchanged).toEqual(org.names());
  });

  it('reads and sends only what changed', async () => {
    const memory = new ConnectorMemory();
    await org.run(memory);
    org.tick();
    org.sandbox.org.edit({ kind: 'renameObject', object: 'Account', label: 'Customer' });
    org.sandbox.org.edit({
      kind: 'addField',
      object: 'Contact',
      field: { name: 'Nickname__c', type: 'string', length: 40 },
    });
    const next = await org.run(memory);
    const sent = tableNames(next.records);
    expect(sent).toEqual(expect.arrayContaining(['Account', 'Contact']));
    expect(sent.length).toBeLessThan(12);
    expect([...sent, ...next.unchanged].sort()).toEqual(org.names());
    expect(next.calls).toBeLessThanOrEqual(20);
  });

  it('sends nothing after an event that updates all dates of the org', async () => {
    const memory = new ConnectorMemory();
    await org.run(memory);
    org.tick();
    org.sandbox.org.edit({ kind: 'touchAll' });
    const next = await org.run(memory);
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
    const memory = new ConnectorMemory();
    await org.run(memory);
    memory.state = change(memory.state);
    expect(tableNames((await org.run(memory)).records).sort()).toEqual(org.names());
  });

  it('reads everything for another workflow or with incremental.enabled false', async () => {
    const memory = new ConnectorMemory();
    await org.run(memory);
    expect(
      tableNames(
        (
          await org.run(memory, {
            sourceConfig: { type: 'DatabaseMetadata', incremental: { enabled: false } },
          })
        ).records,
      ).sort(),
    ).toEqual(org.names());
    expect(tableNames((await org.run(memory, { serviceName: 'other' })).records).sort()).toEqual(
      org.names(),
    );
  });
});
