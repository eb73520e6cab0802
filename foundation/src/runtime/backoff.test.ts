import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import { Backoff } from './backoff.ts';
import { RunnerError } from './errors.ts';
import { systemRandom, type Random } from './random.ts';

const highest: Random = { ...systemRandom, fraction: () => 1 - Number.EPSILON };
const options = { baseMs: 1000, capMs: 60_000, stableMs: 30_000 };

describe('Backoff', () => {
  it('doubles its bound up to the cap', () => {
    const backoff = new Backoff(options, new SimulatedClock(), highest);
    const pauses = Array.from({ length: 8 }, () => Math.round(backoff.next()));
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('spreads its pauses over the whole range', () => {
    const backoff = new Backoff({ ...options, capMs: 1000 }, new SimulatedClock(), systemRandom);
    const pauses = Array.from({ length: 400 }, () => backoff.next());
    expect(Math.min(...pauses)).toBeLessThan(100);
    expect(Math.max(...pauses)).toBeGreaterThan(900);
  });

  it('pauses at least as long as the server requests', () => {
    const backoff = new Backoff(options, new SimulatedClock(), highest);
    const busy = new RunnerError('SINK_BUSY', 'busy', { retryAfterMs: 5000 });
    expect(Math.round(backoff.pauseAfter(busy))).toBe(5000);
    expect(Math.round(backoff.pauseAfter(new RunnerError('NETWORK_RESET', 'x')))).toBe(2000);
  });

  it('forgets failures only after a long enough success', async () => {
    const clock = new SimulatedClock();
    const backoff = new Backoff(options, clock, highest);
    backoff.next();
    backoff.next();
    backoff.succeeded();
    await clock.advance(29_999);
    expect(Math.round(backoff.next())).toBe(4000);
    backoff.succeeded();
    await clock.advance(30_000);
    expect(Math.round(backoff.next())).toBe(1000);
  });
});
