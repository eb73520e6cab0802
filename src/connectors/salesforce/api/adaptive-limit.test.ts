import { describe, expect, it } from 'vitest';
import { AdaptiveLimit } from './adaptive-limit.ts';

const quick = { millis: 100, busy: false };
const busy = { millis: 100, busy: true };

/** Observes the answers of so many concurrent calls. */
function limitFor(max: number): {
  readonly limit: AdaptiveLimit;
  readonly answers: (count: number, observation: typeof quick) => void;
} {
  let underWay = 0;
  const limit = new AdaptiveLimit(max, () => underWay);
  return {
    limit,
    answers: (count, observation) => {
      for (underWay = count; underWay > 0;) {
        underWay -= 1;
        limit.observe(observation);
      }
    },
  };
}

describe('AdaptiveLimit', () => {
  it('begins at its maximum and stays there while answers are quick', () => {
    const { limit, answers } = limitFor(20);
    expect(limit.value).toBe(20);
    answers(100, quick);
    expect(limit.value).toBe(20);
  });

  it('halves once when all concurrent calls fail together, and never goes below one', () => {
    const { limit, answers } = limitFor(20);
    answers(32, busy);
    expect(limit.value).toBe(10);
    answers(10, busy);
    expect(limit.value).toBe(5);
    for (let round = 0; round < 10; round++) answers(limit.value, busy);
    expect(limit.value).toBe(1);
  });

  it('grows by about one for each round of quick answers after a halving', () => {
    const { limit, answers } = limitFor(16);
    answers(1, busy);
    answers(8, quick);
    expect(limit.value).toBe(8);
    answers(16, quick);
    expect(limit.value).toBe(10);
    answers(500, quick);
    expect(limit.value).toBe(16);
  });
});
