import type { Limits } from '../deps.ts';

const GROWTH = 4;

/** The pause after an attempt that failed with what may pass, in milliseconds. */
export function retryPauseMs(
  attempt: number,
  { retryPauseMs: first, retryPauseMaxMs: most }: Limits,
): number {
  return Math.min(first * GROWTH ** (attempt - 1), most);
}
