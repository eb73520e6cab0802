import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { sleepUnlessAborted } from '../../foundation/src/runtime/wait.ts';

/**
 * Tells when the first record of a group has waited long enough. Groups that are written before
 * that share a timer: one for each would cost more than the rest of a group of one record.
 */
export class GroupTimer {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onDue: () => void;
  #group: { readonly since: number } | undefined;
  #isDue = false;
  #isRunning = false;

  constructor(clock: Clock, ms: number, onDue: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onDue = onDue;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  /** Called when a group has its first record. */
  start(signal: AbortSignal): void {
    this.#group = { since: this.#clock.monotonic() };
    if (!this.#isRunning) void this.#run(signal);
  }

  /** Called when the group is to be written. */
  stop(): void {
    this.#group = undefined;
    this.#isDue = false;
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#isRunning = true;
    for (let group = this.#group; group !== undefined && !this.#isDue; group = this.#group) {
      const passed = this.#clock.monotonic() - group.since;
      await sleepUnlessAborted(this.#clock, Math.max(0, this.#ms - passed), signal);
      if (signal.aborted) break;
      this.#isDue = this.#group === group;
    }
    this.#isRunning = false;
    if (this.#isDue) this.#onDue();
  }
}
