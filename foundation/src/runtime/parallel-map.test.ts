import { describe, expect, it } from 'vitest';
import { each, parallelMap } from './parallel-map.ts';

const { signal } = new AbortController();
const later = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

describe('parallelMap', () => {
  it('returns every result once and keeps to the limit', async () => {
    let running = 0;
    let most = 0;
    const results: number[] = [];
    const work = async (item: number): Promise<number> => {
      most = Math.max(most, (running += 1));
      await later(item % 5);
      running -= 1;
      return item;
    };
    for await (const result of parallelMap(
      each(Array.from({ length: 100 }, (_, index) => index)),
      () => 7,
      signal,
      work,
    ))
      results.push(result);
    expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(most).toBe(7);
  });

  it('starts no more work than the limit while the consumer does not read', async () => {
    let started = 0;
    const results = parallelMap(
      each(Array.from({ length: 100 }, (_, index) => index)),
      () => 3,
      signal,
      async (item) => {
        started += 1;
        return item;
      },
    );
    await results.next();
    await later(20);
    expect(started).toBeLessThanOrEqual(4);
    await results.return();
  });

  it('throws the first failure after the other work has stopped', async () => {
    let stopped = 0;
    const run = async (): Promise<void> => {
      for await (const _ of parallelMap(
        each([1, 2, 3]),
        () => 3,
        signal,
        async (item, bounded) => {
          if (item === 2) {
            await later(5);
            throw new Error('two');
          }
          await new Promise<void>((resolve) => bounded.addEventListener('abort', () => resolve()));
          stopped += 1;
          return item;
        },
      ));
    };
    await expect(run()).rejects.toThrow('two');
    expect(stopped).toBe(2);
  });

  it('stops its work when the consumer leaves', async () => {
    let aborted = false;
    const results = parallelMap(
      each([1, 2]),
      () => 2,
      signal,
      async (item, bounded) => {
        if (item === 1) {
          await later(5);
          return item;
        }
        await new Promise<void>((resolve) => bounded.addEventListener('abort', () => resolve()));
        aborted = true;
        return item;
      },
    );
    await results.next();
    await results.return();
    expect(aborted).toBe(true);
  });
});
