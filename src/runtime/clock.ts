import { setTimeout as delay } from 'node:timers/promises';
import { RunnerError } from './errors.ts';

/** Time, handed in so that a simulation can own it. */
export interface Clock {
  /** Unix time in milliseconds, for people and for the other side. May jump. */
  now(): number;
  /** Milliseconds since some fixed point; never jumps. For every timeout, lease and back-off. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as a RunnerError. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, { signal });
    } catch (thrown) {
      throw signal.aborted ? RunnerError.from(signal.reason, 'ABORTED') : RunnerError.from(thrown);
    }
  },
};
