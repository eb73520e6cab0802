import type { Clock } from '../../foundation/src/runtime/clock.ts';

/**
 * Timers stand still while the machine is suspended, leases do not. A worker must notice within a
 * second.
 */
const CHECK_INTERVAL_MS = 500;
/** How long a worker may run before the link sends the lease, which follows the start. */
const INITIAL_LEASE_MS = 60_000;

/**
 * The end of the lease. The link watches it too and ends the worker, but the link may have been
 * stopped; by then another runner can own the run.
 */
export class LeaseWatch {
  readonly #clock: Clock;
  #endsAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#endsAt = clock.uptime() + INITIAL_LEASE_MS;
  }

  /** The lease ends at this uptime of the machine. */
  until(endsAt: number): void {
    this.#endsAt = endsAt;
  }

  /** Resolves within a second after the lease has ended; rejects with the signal's reason. */
  async over(signal: AbortSignal): Promise<void> {
    for (let left = this.#left(); left > 0; left = this.#left())
      await this.#clock.sleep(Math.min(left, CHECK_INTERVAL_MS), signal);
  }

  #left(): number {
    return this.#endsAt - this.#clock.uptime();
  }
}
