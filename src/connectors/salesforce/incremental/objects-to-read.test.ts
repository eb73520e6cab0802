import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../foundation/src/logging/logger.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { IncrementalState } from './incremental-state.ts';
import { objectsToRead, type ReadDeps } from './objects-to-read.ts';

const LISTED_AT = 'Sun, 29 Nov 2026 16:00:00 GMT';
const OBJECTS = ['Account', 'Invoice__c'].map((name) => ({ name }) as ListedObject);

const countOf = (state: IncrementalState): number | undefined =>
  state.snapshot(LISTED_AT, 0, [])?.customFields;

describe('the objects that a first run reads', () => {
  it('are known only when the org has counted its custom fields', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const state = new IncrementalState(undefined, 'job', 0);
    const deps = {
      logger: silentLogger,
      state,
      firstAnswers: { take: () => promise },
    } as unknown as ReadDeps;
    const reading = objectsToRead(deps, OBJECTS, LISTED_AT, new AbortController().signal);
    const first = await Promise.race([reading, setImmediate('no answer yet')]);
    expect(first).toBe('no answer yet');
    resolve({ totalSize: 7 });
    expect((await reading).objects).toEqual(OBJECTS);
    expect(countOf(state)).toBe(7);
  });
});
