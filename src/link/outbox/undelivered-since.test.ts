import { describe, expect, it } from 'vitest';
import { UndeliveredSince } from './undelivered-since.ts';

describe('the time of the oldest undelivered record', () => {
  it('is that of the first report that is not wholly acknowledged', () => {
    const undelivered = new UndeliveredSince();
    expect(undelivered.since).toBeUndefined();
    undelivered.durable(10, 1000);
    undelivered.durable(20, 2000);
    undelivered.durable(20, 2500);
    expect(undelivered.since).toBe(1000);
    undelivered.acknowledged(9);
    expect(undelivered.since).toBe(1000);
    undelivered.acknowledged(10);
    expect(undelivered.since).toBe(2000);
    undelivered.acknowledged(20);
    expect(undelivered.since).toBeUndefined();
    undelivered.durable(21, 3000);
    expect(undelivered.since).toBe(3000);
  });

  it('is never later than it was, however many reports there were', () => {
    const undelivered = new UndeliveredSince();
    for (let sequence = 1; sequence <= 10_000; sequence++) undelivered.durable(sequence, sequence);
    for (let upTo = 0; upTo < 10_000; upTo += 7) {
      undelivered.acknowledged(upTo);
      expect(undelivered.since).toBeLessThanOrEqual(upTo + 1);
    }
    expect(undelivered.since).toBeGreaterThan(5000);
  });
});
