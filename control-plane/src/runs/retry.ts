import type { Limits } from '../limits.ts';

const GROWTH = 4;

/** The pause in milliseconds after an attempt that failed with a retryable error. */
export function retryPauseMs(
  attempt: number,
  { retryPauseMs: first, retryPauseMaxMs: max }: Limits,
): number {
  return Math.min(first * GROWTH ** (attempt - 1), max);
}
