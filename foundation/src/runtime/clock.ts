import { uptime } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { RunnerError } from './errors.ts';

/** Time, injected so that a simulation can control it. */
export interface Clock {
  /** Unix time in milliseconds, to display and to send to other machines. May jump. */
  now(): number;
  /**
   * Milliseconds since a fixed point of this process, without the time that the machine was
   * suspended. Never jumps. For timeouts and back-off.
   */
  monotonic(): number;
  /**
   * Milliseconds since the machine started, including the time that it was suspended; the same in
   * every process of the machine. For leases, which expire at the control plane even while this
   * machine is suspended.
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
