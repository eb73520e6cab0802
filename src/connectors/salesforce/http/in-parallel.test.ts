import { describe, expect, it } from 'vitest';
import { AdaptiveLimit } from '../api/adaptive-limit.ts';
import { each, inParallel } from './in-parallel.ts';

const { signal } = new AbortController();
const later = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

describe('work in parallel', () => {
  it('gives every result once, with no more under way than the limit', async () => {
    let running = 0;
    let most = 0;
    const results: number[] = [];
    const work = async (item: number): Promise<number> => {
      most = Math.max(most, (running += 1));
      await later(item % 5);
      running -= 1;
      return item;
    };
    for await (const result of inParallel(
      each(Array.from({ length: 100 }, (_, index) => index)),
      () => 7,
      signal,
      work,
    ))
      results.push(result);
    expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(most).toBe(7);
  });

  it('waits for a reader that does not read', async () => {
    let started = 0;
    const results = inParallel(
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

  it('throws the first failure, and stops the others before it does', async () => {
    let stopped = 0;
    const run = async (): Promise<void> => {
      for await (const _ of inParallel(
        each([1, 2, 3]),
        () => 3,
        signal,
        async (item, within) => {
          if (item === 2) {
            await later(5);
            throw new Error('two');
          }
          await new Promise<void>((resolve) => within.addEventListener('abort', () => resolve()));
          stopped += 1;
          return item;
        },
      ));
    };
    await expect(run()).rejects.toThrow('two');
    expect(stopped).toBe(2);
  });

  it('stops when the reader leaves', async () => {
    let aborted = false;
    const results = inParallel(
      each([1, 2]),
      () => 2,
      signal,
      async (item, within) => {
        if (item === 1) {
          await later(5);
          return item;
        }
        await new Promise<void>((resolve) => within.addEventListener('abort', () => resolve()));
        aborted = true;
        return item;
      },
    );
    await results.next();
    await results.return();
    expect(aborted).toBe(true);
  });
});

describe('the limit of calls under way', () => {
  const quick = { millis: 100, busy: false };
  const busy = { millis: 100, busy: true };

  it('grows with quick answers up to its most', () => {
    const limit = new AdaptiveLimit({ start: 8, most: 20 });
    for (let i = 0; i < 8; i++) limit.observe(quick);
    expect(limit.value).toBe(16);
    for (let i = 0; i < 100; i++) limit.observe(quick);
    expect(limit.value).toBe(20);
  });

  it('halves once for a storm that hits all calls under way, and never goes below one', () => {
    const limit = new AdaptiveLimit({ start: 16, most: 16 });
    for (let i = 0; i < 8; i++) limit.observe(busy);
    expect(limit.value).toBe(8);
    for (let i = 0; i < 200; i++) limit.observe(busy);
    expect(limit.value).toBe(1);
  });

  it('grows slowly after trouble', () => {
    const limit = new AdaptiveLimit({ start: 16, most: 16 });
    limit.observe(busy);
    for (let i = 0; i < 8; i++) limit.observe(quick);
    expect(limit.value).toBeLessThanOrEqual(9);
  });
});
