import { attemptKey, type AttemptRef } from '../../domain/ids.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ChangeSignal } from '../../runtime/change-signal.ts';

const MARGIN_SHARE = 1 / 6;
const MARGIN_MAX_MS = 10_000;
/** A longer lease is taken for this one: it would outlast any attempt, and timers. */
const LEASE_MAX_MS = 24 * 60 * 60 * 1000;
/** Timers stand still while the machine is suspended, leases do not. */
const LOOK_MS = 1_000;

/** The uptime at which a lease ends here that was asked for at `askedAt`. */
export function leaseEnd(ttlMs: number, askedAt: number): number {
  const length = Math.min(ttlMs, LEASE_MAX_MS);
  return askedAt + length - Math.min(length * MARGIN_SHARE, MARGIN_MAX_MS);
}

interface Lease {
  readonly ref: AttemptRef;
  /** On the clock's uptime. */
  readonly endsAt: number;
}

/**
 * Until when this runner may work on what. Counted by the machine's uptime from before the grant was asked for, less a
 * margin, so that it ends here before it ends at the control plane, whatever the link or the wall clock does, and also when
 * the machine was suspended in between.
 */
export class Leases {
  readonly #clock: Clock;
  readonly #lost: (ref: AttemptRef) => void;
  readonly #granted: (ref: AttemptRef, endsAt: number) => void;
  readonly #held = new Map<string, Lease>();
  readonly #changed = new ChangeSignal();

  /** `lost` is called once for each lease that ran out, `granted` with each new end of one. */
  constructor(
    clock: Clock,
    lost: (ref: AttemptRef) => void,
    granted: (ref: AttemptRef, endsAt: number) => void = () => undefined,
  ) {
    this.#granted = granted;
    this.#clock = clock;
    this.#lost = lost;
  }

  /** `askedAt` is the uptime before which the control plane cannot have started to count. */
  grant(ref: AttemptRef, ttlMs: number, askedAt: number): void {
    const endsAt = leaseEnd(ttlMs, askedAt);
    const held = this.#held.get(attemptKey(ref));
    if (held !== undefined && held.endsAt >= endsAt) return;
    this.#held.set(attemptKey(ref), { ref, endsAt });
    this.#granted(ref, endsAt);
    this.#changed.notify();
  }

  /** The attempt needs no lease any more. */
  release(ref: AttemptRef): void {
    this.#held.delete(attemptKey(ref));
  }

  /** End of a lease on the clock's uptime. */
  endOf(ref: AttemptRef): number | undefined {
    return this.#held.get(attemptKey(ref))?.endsAt;
  }

  /** Declares leases lost as they run out, until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#expire();
      const next = Math.min(...[...this.#held.values()].map(({ endsAt }) => endsAt));
      if (next === Infinity) await this.#changed.wait(signal);
      else await this.#pause(Math.min(next - this.#clock.uptime(), LOOK_MS), signal);
    }
  }

  #expire(): void {
    for (const [key, { ref, endsAt }] of this.#held) {
      if (endsAt > this.#clock.uptime()) continue;
      this.#held.delete(key);
      this.#lost(ref);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    try {
      const scope = AbortSignal.any([signal, woken.signal]);
      await Promise.race([this.#clock.sleep(ms, scope), this.#changed.wait(scope)]);
    } finally {
      woken.abort();
    }
  }
}
