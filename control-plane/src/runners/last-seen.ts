import type { Deps } from '../deps.ts';
import type { Runner } from '../store/store.ts';

/** How old the stored times may be: what a killed control plane forgets. */
const STORE_MS = 10_000;

/**
 * When runners were last seen. Heartbeats come from every runner all the time, so their times are
 * kept in memory and stored together. Nothing is decided by them.
 */
export class LastSeen {
  readonly #unstored = new Map<string, number>();

  note(runnerId: string, at: number): void {
    this.#unstored.set(runnerId, at);
  }

  /** Unix time; null for never. */
  of({ id, lastSeenAt }: Pick<Runner, 'id' | 'lastSeenAt'>): number | null {
    return this.#unstored.get(id) ?? lastSeenAt;
  }

  /** Stores the times until the signal aborts, and once more then. */
  async run({ store, clock, log }: Deps, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(STORE_MS, signal);
      try {
        await this.store(store);
      } catch (thrown) {
        log.error({ err: thrown }, 'failed to store when runners were last seen');
      }
    }
  }

  async store(store: Deps['store']): Promise<void> {
    if (this.#unstored.size === 0) return;
    const times = new Map(this.#unstored);
    await store.transaction((tx) => tx.runners.seen(times));
    for (const [id, at] of times) if (this.#unstored.get(id) === at) this.#unstored.delete(id);
  }
}
