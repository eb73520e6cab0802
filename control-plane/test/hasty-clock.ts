import { systemClock, type Clock } from '../src/runtime/clock.ts';

/** Deadlines are longer than this. */
const LONGEST_PAUSE_MS = 8_000;

/** A clock on which pauses, such as those before another try, take a tenth of their time. */
export const hastyClock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms < LONGEST_PAUSE_MS ? ms / 10 : ms, signal),
};
