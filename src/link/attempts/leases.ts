import { attemptKey, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { ChangeSignal } from '../../../foundation/src/runtime/change-signal.ts';
import { sleepOrWoken } from '../../../foundation/src/runtime/wait.ts';

const MARGIN_SHARE = 1 / 6;
const MARGIN_MAX_MS = 10_000;
/** Limit for longer leases, which would outlast any attempt, and timers. */
const LEASE_MAX_MS = 24 * 60 * 60 * 1000;
/**
 * Leases are checked at least this often, since timers stop while the machine is suspended and
 * leases do not.
 */
const CHECK_MS = 1_000;

/** The uptime at which this runner lets a lease end that was requested at `requestedAt`. */
export function leaseEnd(ttlMs: number, requestedAt: number): number {
  const length = Math.min(ttlMs, LEASE_MAX_MS);
  return requestedAt + length - Math.min(length * MARGIN_SHARE, MARGIN_MAX_MS);
}

interface Lease {
  readonly ref: AttemptRef;
  /** On the clock's uptime. */
  readonly endsAt: number;
}

/**
 * Leases of the attempts that this runner works on.
 *
 * Invariant: a lease ends here before it ends at the control plane, independent of the link and the
 * wall clock, and also when the machine was suspended meanwhile. It is therefore counted by the
 * machine's uptime from before the grant was requested, less a margin.
 */
export class Leases {
  readonly #clock: Clock;
  readonly #onLost: (ref: AttemptRef) => void;
  readonly #onGranted: (ref: AttemptRef, endsAt: number) => void;
  readonly #held = new Map<string, Lease>();
  readonly #changed = new ChangeSignal();

  /** Calls `onLost` once for each lease that expires, `onGranted` with each new end of a lease. */
  constructor(
    clock: Clock,
    onLost: (ref: AttemptRef) => void,
    onGranted: (ref: AttemptRef, endsAt: number) => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#onLost = onLost;
    this.#onGranted = onGranted;
  }

  /** `requestedAt` is an uptime before which the control plane cannot have started to count. */
  grant(ref: AttemptRef, ttlMs: number, requestedAt: number): void {
    const endsAt = leaseEnd(ttlMs, requestedAt);
    const held = this.#held.get(attemptKey(ref));
    if (held !== undefined && held.endsAt >= endsAt) return;
    this.#held.set(attemptKey(ref), { ref, endsAt });
    this.#onGranted(ref, endsAt);
    this.#changed.notify();
  }

  /** The attempt no longer needs its lease. */
  release(ref: AttemptRef): void {
    this.#held.delete(attemptKey(ref));
  }

  /** End of a lease on the clock's uptime. */
  endOf(ref: AttemptRef): number | undefined {
    return this.#held.get(attemptKey(ref))?.endsAt;
  }

  /** Reports leases as they expire, until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#expire();
      const next = Math.min(...[...this.#held.values()].map(({ endsAt }) => endsAt));
      if (next === Infinity) await this.#changed.wait(signal);
      else {
        const pause = Math.min(next - this.#clock.uptime(), CHECK_MS);
        await sleepOrWoken(this.#clock, pause, (scope) => this.#changed.wait(scope), signal);
      }
    }
  }

  #expire(): void {
    for (const [key, { ref, endsAt }] of this.#held) {
      if (endsAt > this.#clock.uptime()) continue;
      this.#held.delete(key);
      this.#onLost(ref);
    }
  }
}
