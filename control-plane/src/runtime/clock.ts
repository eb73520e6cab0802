import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Time is injected so that tests can control it. */
export interface Clock {
  /** Unix time in milliseconds, for display and for comparisons across restarts. It may jump. */
  now(): number;
  /** Monotonic milliseconds since an arbitrary point in this process, for every timeout. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};

/** One instant on both clocks. */
export interface Moment {
  readonly now: number;
  readonly monotonic: number;
}

export function momentOf(clock: Clock): Moment {
  return { now: clock.now(), monotonic: clock.monotonic() };
}

/** Randomness is injected too. */
export type RandomBytes = (size: number) => Buffer;
