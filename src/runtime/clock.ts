import { uptime } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { RunnerError } from './errors.ts';

/** Time, handed in so that a simulation can own it. */
export interface Clock {
  /** Unix time in milliseconds, for people and for the other side. May jump. */
  now(): number;
  /** Milliseconds since some fixed point of this process, the time that the machine was suspended left out; never jumps. For every timeout and back-off. */
  monotonic(): number;
  /**
   * Milliseconds since the machine started, the time that it was suspended included, and the same in every process of the
   * machine. For what ends elsewhere whether this machine sleeps or not, and for what two processes have to agree on.
   */
  uptime(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as a RunnerError. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1000,
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, { signal });
    } catch (thrown) {
      throw signal.aborted ? RunnerError.from(signal.reason, 'ABORTED') : RunnerError.from(thrown);
    }
  },
};
