import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../foundation/src/logging/logger.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { IncrementalState } from './incremental-state.ts';
import { objectsToRead, type ReadDeps } from './objects-to-read.ts';

const LISTED_AT = 'Sun, 29 Nov 2026 16:00:00 GMT';
const OBJECTS = ['Account', 'Invoice__c'].map((name) => ({ name }) as ListedObject);

function composite(...bodies: readonly unknown[]): Buffer {
  const compositeResponse = bodies.map((body, index) => ({
    referenceId: `q${index}`,
    httpStatusCode: 200,
    body,
  }));
  return Buffer.from(JSON.stringify({ compositeResponse }));
}

describe('the objects that a first run reads', () => {
  it('are known only when the org has counted its custom fields', async () => {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    const state = new IncrementalState(undefined, 'job', 0);
    const api = {
      read: async (_request: unknown, take: (body: Buffer) => Promise<unknown>) =>
        take(await promise),
    };
    const deps = { logger: silentLogger, state, api } as unknown as ReadDeps;
    const reading = objectsToRead(deps, OBJECTS, LISTED_AT, new AbortController().signal);
    const first = await Promise.race([reading, setImmediate('no answer yet')]);
    expect(first).toBe('no answer yet');
    const edits = [
      { TableEnumOrId: '01I5i000000Y6fpEAC', LastModifiedDate: '2026-11-02T08:00:00.000+0000' },
      { TableEnumOrId: 'Account', LastModifiedDate: '2026-11-01T08:00:00.000+0000' },
      { TableEnumOrId: 'Case', LastModifiedDate: '2026-10-01T08:00:00.000+0000' },
    ];
    resolve(composite({ totalSize: 7 }, { records: edits }));
    expect((await reading).objects).toEqual(OBJECTS);
    expect(state.snapshot(LISTED_AT, 0, [])).toMatchObject({
      customFields: 7,
      knownEdits: { objects: ['01I5i000000Y6fp', 'Account'], since: '2026-11-01T08:00:00.000Z' },
    });
  });
});
