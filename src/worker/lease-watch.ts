import type { Clock } from '../runtime/clock.ts';

/** Timers stand still while the machine is suspended, leases do not. Half of the second in which a worker must notice. */
const LOOK_MS = 500;
/** The link tells of the lease with the start; should it be stopped between the two, this is how long the start is good for. */
const UNTOLD_MS = 60_000;

/**
 * Until when this worker may work. The process that started it watches the lease as well and ends the worker, but may have
 * been stopped itself; another runner can have the run by then.
 */
export class LeaseWatch {
  readonly #clock: Clock;
  #endsAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#endsAt = clock.uptime() + UNTOLD_MS;
  }

  /** The lease ends at this uptime of the machine. */
  until(endsAt: number): void {
    this.#endsAt = endsAt;
  }

  /** Resolves within a second after the lease has ended; rejects with the signal's reason. */
  async over(signal: AbortSignal): Promise<void> {
    for (let left = this.#left(); left > 0; left = this.#left())
      await this.#clock.sleep(Math.min(left, LOOK_MS), signal);
  }

  #left(): number {
    return this.#endsAt - this.#clock.uptime();
  }
}
