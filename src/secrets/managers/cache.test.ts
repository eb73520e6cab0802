import { describe, expect, it } from 'vitest';
import { SteppedClock } from '../../../test/support/stepped-clock.ts';
import { Cache } from './cache.ts';

const signal = new AbortController().signal;
const KEEP_MS = 30_000;

interface Stage {
  readonly clock: SteppedClock;
  readonly cache: Cache<string>;
  /** Timers that the cache has set. */
  readonly timers: { readonly ms: number; readonly fire: () => void }[];
}

function stage(keepMs = KEEP_MS): Stage {
  const clock = new SteppedClock();
  const timers: Stage['timers'] = [];
  const later = (ms: number, fire: () => void): void => void timers.push({ ms, fire });
  return { clock, timers, cache: new Cache({ keepMs, clock, later }) };
}

/** A reading that ends when the test says so. */
function slowReading() {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const signals: AbortSignal[] = [];
  const read = (bounded: AbortSignal): Promise<string | undefined> => {
    signals.push(bounded);
    return promise;
  };
  return { read, resolve, signals };
}

describe('a value in memory', () => {
  it('is removed after its time without a further read', async () => {
    const { clock, cache, timers } = stage();
    const slow = slowReading();
    const reading = cache.get('a', slow.read, signal);
    clock.step(5_000);
    slow.resolve('value');
    await reading;
    expect([timers.map(({ ms }) => ms), cache.size]).toEqual([[KEEP_MS - 5_000], 1]);
    timers[0]?.fire();
    expect(cache.size).toBe(0);
  });

  it('is not removed by the timer of an older one', async () => {
    const { clock, cache, timers } = stage();
    await cache.get('a', async () => 'old', signal);
    clock.step(KEEP_MS);
    await cache.get('a', async () => 'new', signal);
    timers[0]?.fire();
    expect(await cache.get('a', async () => 'newer', signal)).toBe('new');
  });

  it('is not there if it is older than permitted once it has been read', async () => {
    const { clock, cache } = stage();
    const slow = slowReading();
    const reading = cache.get('a', slow.read, signal);
    clock.step(KEEP_MS);
    slow.resolve('value');
    expect([await reading, cache.size]).toEqual(['value', 0]);
  });

  it('is read again after ten seconds if the secret was missing', async () => {
    const { clock, cache } = stage();
    await cache.get('a', async () => undefined, signal);
    clock.step(9_999);
    expect(await cache.get('a', async () => 'added', signal)).toBeUndefined();
    clock.step(1);
    expect(await cache.get('a', async () => 'added', signal)).toBe('added');
  });
});

describe('a reading under way', () => {
  it.each([
    ['at once', 0, KEEP_MS, 1],
    ['later than a value may be old', KEEP_MS, KEEP_MS, 2],
    ['where nothing is kept', 0, 0, 2],
  ])('is joined by a reader %s only if its value is not too old', async (_w, ms, keep, count) => {
    const { clock, cache } = stage(keep);
    const slow = slowReading();
    const first = cache.get('a', slow.read, signal);
    clock.step(ms);
    const second = cache.get('a', slow.read, signal);
    slow.resolve('value');
    expect([await first, await second, slow.signals.length]).toEqual(['value', 'value', count]);
  });

  it('keeps its value only if no newer reading has begun', async () => {
    const { clock, cache } = stage();
    const [old, newer] = [slowReading(), slowReading()];
    const first = cache.get('a', old.read, signal);
    clock.step(KEEP_MS);
    const second = cache.get('a', newer.read, signal);
    newer.resolve('new');
    await second;
    old.resolve('old');
    await first;
    expect(await cache.get('a', async () => 'newest', signal)).toBe('new');
  });

  it('ends when its last reader has left, and the next reader begins another', async () => {
    const { cache } = stage();
    const slow = slowReading();
    const [one, two] = [new AbortController(), new AbortController()];
    const readings = [one, two].map((each) => cache.get('a', slow.read, each.signal));
    one.abort();
    await expect(readings[0]).rejects.toMatchObject({ code: 'ABORTED' });
    expect(slow.signals.map(({ aborted }) => aborted)).toEqual([false]);
    two.abort();
    await expect(readings[1]).rejects.toMatchObject({ code: 'ABORTED' });
    expect(slow.signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(await cache.get('a', async () => 'value', signal)).toBe('value');
  });

  it('is not kept if it fails', async () => {
    const { cache } = stage();
    await expect(
      cache.get('a', async () => Promise.reject(new Error('no')), signal),
    ).rejects.toThrow();
    expect(await cache.get('a', async () => 'value', signal)).toBe('value');
  });
});
