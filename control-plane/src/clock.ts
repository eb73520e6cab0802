import { setTimeout as delay } from 'node:timers/promises';

/** Time, handed in so that tests can own it. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};

/** Random bytes, handed in likewise. */
export type RandomBytes = (size: number) => Buffer;
