import { setTimeout } from 'node:timers/promises';
import { systemClock, type Clock } from '../../foundation/src/runtime/clock.ts';

/** Longer than what a server double leaves to the background. */
const PAUSE_MS = 30;

/** A clock for calls with a deadline of `deadlineMs`, on machines that are busy. */
export interface DeadlineClock extends Clock {
  /** The lengths of all other sleeps. Each really takes an instant. */
  readonly pauses: number[];
  /** Lets the deadlines of the calls under way pass. No other deadline ever does. */
  readonly expire: () => void;
}

export function deadlineClock(
  deadlineMs: number,
  onPause: () => Promise<unknown> | void = () => undefined,
): DeadlineClock {
  const pauses: number[] = [];
  let passed = Promise.withResolvers<void>();
  return {
    ...systemClock,
    pauses,
    expire: () => {
      passed.resolve();
      passed = Promise.withResolvers<void>();
    },
    sleep: async (ms, signal) => {
      if (ms === deadlineMs) {
        const aborted = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
        return Promise.race([passed.promise, aborted.promise]);
      }
      pauses.push(ms);
      await onPause();
      await setTimeout(PAUSE_MS);
    },
  };
}
