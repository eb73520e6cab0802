import { describe, expect, it } from 'vitest';
import { aborted } from './abort.ts';
import { readAhead } from './read-ahead.ts';

const { signal } = new AbortController();
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
const settled = async (): Promise<void> => {
  for (let count = 0; count < 20; count += 1) await turn();
};

/** Numbers from 1, and how many were asked for. */
function numbers(count: number, failure?: Error) {
  const seen = { taken: 0, ended: false };
  async function* items(): AsyncGenerator<number, void, undefined> {
    try {
      for (let item = 1; item <= count; item += 1) {
        seen.taken = item;
        yield item;
        await turn();
      }
      if (failure !== undefined) throw failure;
    } finally {
      seen.ended = true;
    }
  }
  return { seen, items };
}

describe('readAhead', () => {
  it('returns every item in order', async () => {
    const { items } = numbers(50);
    const got: number[] = [];
    for await (const item of readAhead(items, { weight: () => 1, max: 3 }, signal)) got.push(item);
    expect(got).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it('takes items while the reader is busy, up to the weight that may wait', async () => {
    const { items, seen } = numbers(50);
    const ahead = readAhead(items, { weight: (item) => item * 10, max: 100 }, signal);
    expect((await ahead.next()).value).toBe(1);
    await settled();
    // 20 + 30 + 40 wait, and 50 was the one that filled it.
    expect(seen.taken).toBe(5);
    expect((await ahead.next()).value).toBe(2);
    await settled();
    expect(seen.taken).toBe(5);
    await ahead.next();
    await settled();
    expect(seen.taken).toBe(6);
    await ahead.return();
    expect(seen.ended).toBe(true);
  });

  it('throws a failure after the items before it', async () => {
    const { items } = numbers(3, new Error('no more'));
    const got: number[] = [];
    const run = async (): Promise<void> => {
      for await (const item of readAhead(items, { weight: () => 1, max: 10 }, signal)) {
        got.push(item);
        await settled();
      }
    };
    await expect(run()).rejects.toThrow('no more');
    expect(got).toEqual([1, 2, 3]);
  });

  it('ends what it waits for when the reader leaves', async () => {
    let stopped = false;
    async function* items(scope: AbortSignal): AsyncGenerator<number, void, undefined> {
      yield 1;
      await aborted(scope);
      stopped = true;
    }
    for await (const _ of readAhead(items, { weight: () => 1, max: 10 }, signal)) break;
    expect(stopped).toBe(true);
  });

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    async function* items(scope: AbortSignal): AsyncGenerator<number, void, undefined> {
      yield 1;
      await aborted(scope);
      throw scope.reason;
    }
    const ahead = readAhead(items, { weight: () => 1, max: 10 }, stop.signal);
    await ahead.next();
    const next = ahead.next();
    stop.abort(new Error('canceled'));
    await expect(next).rejects.toThrow('canceled');
  });
});
