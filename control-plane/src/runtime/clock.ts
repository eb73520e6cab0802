import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Time, handed in so that tests can own it. */
export interface Clock {
  /** Unix time in milliseconds: for people, and for what must be compared across restarts. It may jump. */
  now(): number;
  /** Milliseconds that only grow, from an arbitrary start in this process: for everything that is waited for. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts; never rejects. */
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

/** Random bytes, handed in likewise. */
export type RandomBytes = (size: number) => Buffer;
