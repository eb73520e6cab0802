import type { RelayDeps } from './relay-deps.ts';
import { RELAYS } from './relay-deps.ts';
import { RelayWorker } from './relay-worker.ts';

/** When a relay that failed is started again; everything else is announced. */
const TICK_MS = 60_000;

/**
 * Relays of one service one after the other, oldest first; those of different services side by
 * side.
 */
export class RelayLoop {
  readonly #deps: RelayDeps;
  readonly #working = new Map<string, Promise<void>>();

  constructor(deps: RelayDeps) {
    this.#deps = deps;
  }

  /** Runs until the signal aborts, then waits for what is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const { changes, clock, log } = this.#deps;
    while (!signal.aborted) {
      const watch = changes.watch(RELAYS);
      try {
        await this.#startAll(signal);
      } catch (thrown) {
        log.error({ err: thrown }, 'failed to start relays');
      }
      await watch.wait(clock, TICK_MS, signal);
    }
    await Promise.all(this.#working.values());
  }

  async #startAll(signal: AbortSignal): Promise<void> {
    const services = new Set<string>();
    for (const relay of await this.#deps.store.read.relays.open()) {
      if (services.has(relay.service)) continue;
      services.add(relay.service);
      if (this.#working.has(relay.runId)) continue;
      this.#start(relay.runId, new RelayWorker(this.#deps, relay.runId).run(signal));
    }
  }

  #start(runId: string, work: Promise<void>): void {
    const { changes, log } = this.#deps;
    const ended = work
      .finally(() => this.#working.delete(runId))
      .then(
        () => changes.changed(RELAYS),
        (thrown: unknown) => log.error({ err: thrown, run: runId }, 'relay failed'),
      );
    this.#working.set(runId, ended);
  }
}
