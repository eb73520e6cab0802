import { systemClock, type Clock } from '../../foundation/src/runtime/clock.ts';

/** A clock on which everything that waits for it takes a fraction of the time. */
export function fastClock(factor: number): Clock {
  return {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic() * factor,
    uptime: () => systemClock.uptime() * factor,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
  };
}
