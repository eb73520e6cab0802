/**
 * Renews the leases that heartbeats name, those of all runners in one transaction at a time.
 * Invariants:
 * - A heartbeat is answered when its renewals are on disk.
 * - The runner counts its lease from when it sent the heartbeat, so waiting shortens no lease that
 *   the store grants and lengthens none that the runner relies on.
 * - What a runner sends after a heartbeat is handled after it: `flush` first.
 */
import type { Deps } from '../deps.ts';
import type { Limits } from '../limits.ts';
import type { Holder } from '../runs/run.ts';
import { wakeOrAbort } from '../runtime/wake-or-abort.ts';
import type { Transaction } from '../store/store.ts';
import { claim } from './claim.ts';
import type { AttemptRef } from './frames.ts';

const MAX_WAIT_MS = 1000;
/** Of the lease and of the interval of heartbeats. */
const MAX_WAIT_SHARE = { lease: 1 / 60, heartbeat: 1 / 15 };

export interface Renewal {
  readonly renewed: readonly AttemptRef[];
  readonly lost: readonly AttemptRef[];
}

interface Waiting {
  readonly by: Holder;
  readonly leases: readonly AttemptRef[];
  readonly resolve: (renewal: Renewal) => void;
  readonly reject: (reason: unknown) => void;
}

export class LeaseRenewals {
  readonly #deps: Deps;
  readonly #waitMs: number;
  #waiting: Waiting[] = [];
  #wake: () => void = () => undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#waitMs = longestWaitMs(deps.limits);
  }

  /** Renews each lease that this runner still holds; the others are lost. */
  renew(by: Holder, leases: readonly AttemptRef[]): Promise<Renewal> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ by, leases, resolve, reject });
      this.#wake();
    });
  }

  /** Renews what waits, periodically, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#waiting.length === 0) await this.#someWaiting(signal);
      await this.#deps.clock.sleep(this.#waitMs, signal);
      await this.flush();
    }
  }

  /** Renews what waits at once. */
  async flush(): Promise<void> {
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    try {
      const renewals = await this.#deps.store.transaction((tx) => this.#renewAll(tx, group));
      group.forEach(({ resolve }, index) => resolve(renewals[index]!));
    } catch (thrown) {
      for (const { reject } of group) reject(thrown);
    }
  }

  async #renewAll(tx: Transaction, group: readonly Waiting[]): Promise<Renewal[]> {
    const renewals: Renewal[] = [];
    for (const { by, leases } of group) {
      const renewed: AttemptRef[] = [];
      const lost: AttemptRef[] = [];
      for (const ref of leases)
        ((await claim(tx, this.#deps, by, ref)) === undefined ? lost : renewed).push(ref);
      renewals.push({ renewed, lost });
    }
    return renewals;
  }

  #someWaiting(signal: AbortSignal): Promise<void> {
    const { woken, wake } = wakeOrAbort(signal);
    this.#wake = wake;
    return woken;
  }
}

function longestWaitMs({ leaseTtlMs, heartbeatIntervalMs }: Limits): number {
  return Math.min(
    MAX_WAIT_MS,
    leaseTtlMs * MAX_WAIT_SHARE.lease,
    heartbeatIntervalMs * MAX_WAIT_SHARE.heartbeat,
  );
}
