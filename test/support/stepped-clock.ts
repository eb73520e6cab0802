import { systemClock, type Clock } from '../../foundation/src/runtime/clock.ts';

/** Pauses shorter than this take an instant; longer ones, which are deadlines, never end. */
const LONGEST_PAUSE_MS = 8_000;

/** A clock whose time is set by a test, for code that talks to real servers meanwhile. */
export class SteppedClock implements Clock {
  #elapsed = 0;

  now(): number {
    return systemClock.now() + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  uptime(): number {
    return this.#elapsed;
  }

  step(ms: number): void {
    this.#elapsed += ms;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return systemClock.sleep(ms < LONGEST_PAUSE_MS ? 0 : 2 ** 31 - 1, signal);
  }
}
