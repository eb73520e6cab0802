import { describe, expect, it } from 'vitest';
import { AdaptiveLimit } from './adaptive-limit.ts';

describe('AdaptiveLimit', () => {
  const quick = { millis: 100, busy: false };
  const busy = { millis: 100, busy: true };

  it('grows with quick answers up to its maximum', () => {
    const limit = new AdaptiveLimit({ start: 8, max: 20 });
    for (let i = 0; i < 8; i++) limit.observe(quick);
    expect(limit.value).toBe(16);
    for (let i = 0; i < 100; i++) limit.observe(quick);
    expect(limit.value).toBe(20);
  });

  it('halves once when all concurrent calls fail together, and never goes below one', () => {
    const limit = new AdaptiveLimit({ start: 16, max: 16 });
    for (let i = 0; i < 8; i++) limit.observe(busy);
    expect(limit.value).toBe(8);
    for (let i = 0; i < 200; i++) limit.observe(busy);
    expect(limit.value).toBe(1);
  });

  it('grows slowly after a halving', () => {
    const limit = new AdaptiveLimit({ start: 16, max: 16 });
    limit.observe(busy);
    for (let i = 0; i < 8; i++) limit.observe(quick);
    expect(limit.value).toBeLessThanOrEqual(9);
  });
});
