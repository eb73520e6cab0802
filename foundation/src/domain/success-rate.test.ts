import { describe, expect, it } from 'vitest';
import { successPercent } from './success-rate.ts';

describe('successPercent', () => {
  it.each([
    [10, 0, 100],
    [2, 1, 66.67],
    [1, 999, 0.1],
    [0, 0, 100],
    [0, 1, 50],
  ])('of %i successes and %i failures is %d', (succeeded, failed, percent) => {
    expect(successPercent(succeeded, failed)).toBe(percent);
  });
});
