import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './retry-after.ts';

const now = Date.parse('2026-01-01T00:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['999999', 3_600_000],
    ['soon', undefined],
    ['-5', undefined],
    ['Wed, 31 Dec 2025 00:00:00 GMT', undefined],
    [undefined, undefined],
  ])('%s is %s', (text, expected) => {
    expect(parseRetryAfter(text, now, 3_600_000)).toBe(expected);
  });
});
