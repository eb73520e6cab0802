import type { Clock } from '../../../foundation/src/runtime/clock.ts';

export interface Patience {
  readonly clock: Clock;
  /** How long a server may be busy without visible progress, in milliseconds. */
  readonly ms: number;
  /** The first pause between two looks; each is twice the one before. */
  readonly firstMs: number;
}

const LONGEST_PAUSE_MS = 30_000;

/**
 * Waits for what a server may still be writing: asks `missing` again and again until nothing is, or
 * nothing new has arrived for the time given. Resolves with the last result.
 */
export async function untilArrived(
  missing: (signal: AbortSignal) => Promise<number>,
  { clock, ms, firstMs }: Patience,
  signal: AbortSignal,
): Promise<number> {
  let [count, left, pause] = [await missing(signal), ms, firstMs];
  while (count > 0 && left > 0) {
    const wait = Math.min(pause, left);
    await clock.sleep(wait, signal);
    const now = await missing(signal);
    left = now < count ? ms : left - wait;
    count = now;
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
  return count;
}
