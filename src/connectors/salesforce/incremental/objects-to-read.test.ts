import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../foundation/src/logging/logger.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { RunnerError } from '../errors/errors.ts';
import { IncrementalState } from './incremental-state.ts';
import { type Comparison, objectsToRead, type ReadDeps } from './objects-to-read.ts';

const LISTED_AT = 'Sun, 29 Nov 2026 16:00:00 GMT';
const OBJECTS = ['Account', 'Invoice__c'].map((name) => ({ name }) as ListedObject);

/** The first run of a job; `answer` is that to the number of custom fields. */
async function firstRun(
  answer: Promise<unknown>,
): Promise<{ readonly state: IncrementalState; readonly comparison: Comparison }> {
  const state = new IncrementalState(undefined, 'job', 0);
  const deps = {
    logger: silentLogger,
    state,
    firstAnswers: { take: () => answer },
  } as unknown as ReadDeps;
  const comparison = await objectsToRead(deps, OBJECTS, LISTED_AT, new AbortController().signal);
  return { state, comparison };
}

const countOf = (state: IncrementalState): number | undefined =>
  state.snapshot(LISTED_AT, 0, [])?.customFields;

describe('the objects that a first run reads', () => {
  it('are known before the org has counted its custom fields for the next run', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const { state, comparison } = await firstRun(promise);
    expect(comparison.objects).toEqual(OBJECTS);
    expect(comparison.since(OBJECTS[0]!)).toBeUndefined();
    expect(countOf(state)).toBeUndefined();
    resolve({ totalSize: 7 });
    await comparison.counted;
    expect(countOf(state)).toBe(7);
  });

  it('are known if counting ends the run, which is reported to the caller that waits for it', async () => {
    const ended = new RunnerError('SALESFORCE_LIMIT_REACHED', 'no more calls', {
      retryable: false,
    });
    const { comparison } = await firstRun(Promise.reject(ended));
    expect(comparison.objects).toEqual(OBJECTS);
    await expect(comparison.counted).rejects.toBe(ended);
  });
});
