import { ChangeSignal } from './change-signal.ts';
import type { Clock } from './clock.ts';
import { sleepOrWoken } from './wait.ts';

/** How often something has happened. */
export interface Events {
  readonly count: number;
  /** Resolves once it has happened more often than that. Rejects with the reason of `signal`. */
  beyond(count: number, signal: AbortSignal): Promise<void>;
}

export class EventCount implements Events {
  readonly #changed = new ChangeSignal();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(): void {
    this.#count += 1;
    this.#changed.notify();
  }

  beyond(count: number, signal: AbortSignal): Promise<void> {
    return this.#changed.until(() => this.#count > count, signal);
  }
}

export interface Pace {
  /** After these, once however many there are. */
  readonly events: Events;
  /** Between two times, at least, in milliseconds. */
  readonly leastMs: number;
  /** At most, without events. */
  readonly mostMs: number;
  readonly clock: Clock;
}

/** Does the work now, and again at this pace until the signal fires. Rejects with its reason. */
export async function repeatAtPace(
  { events, leastMs, mostMs, clock }: Pace,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<never> {
  for (;;) {
    const seen = events.count;
    await work();
    await clock.sleep(leastMs, signal);
    const next = (scope: AbortSignal): Promise<void> => events.beyond(seen, scope);
    await sleepOrWoken(clock, mostMs - leastMs, next, signal);
  }
}
