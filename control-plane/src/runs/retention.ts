import type { Deps } from '../deps.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Run, StoreReader } from '../store/store.ts';

const SETTING = 'keepRuns';
/** Default number of runs of each service whose records are kept. */
export const DEFAULT_KEEP_RUNS = 200;
/** Records deleted in one transaction: deliveries wait meanwhile. */
const CHUNK = 2000;
const TICK_MS = 60_000;
/** Between two looks at all runs: runs may end many times a second. */
const PAUSE_MS = 5000;

/** How many of each service's newest runs keep their records; 0 for all. */
export async function keepRuns(read: Pick<StoreReader, 'settings'>): Promise<number> {
  return Number((await read.settings.get(SETTING)) ?? DEFAULT_KEEP_RUNS);
}

export async function saveKeepRuns(deps: Deps, keep: number): Promise<void> {
  await deps.store.transaction((tx) => tx.settings.save(SETTING, String(keep)));
  deps.changes.changed(DISPATCH);
}

/** Deletes the records of old runs. Runs, their outcomes and the catalog stay. */
export class Retention {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { changes, clock, log } = this.#deps;
    while (!signal.aborted) {
      const watch = changes.watch(DISPATCH);
      try {
        await this.#deleteOld(signal);
      } catch (thrown) {
        log.error({ err: thrown }, 'failed to delete records of old runs');
      }
      await clock.sleep(PAUSE_MS, signal);
      await watch.wait(clock, TICK_MS - PAUSE_MS, signal);
    }
  }

  async #deleteOld(signal: AbortSignal): Promise<void> {
    const { read } = this.#deps.store;
    const keep = await keepRuns(read);
    if (keep === 0) return;
    while (!signal.aborted) {
      const old = await read.runs.oldestBeyond(keep);
      if (old === undefined) return;
      await this.#deleteChunk(old);
    }
  }

  async #deleteChunk(run: Run): Promise<void> {
    const isLast = await this.#deps.store.transaction(async (tx) => {
      const last = (await tx.records.drop(run.id, CHUNK)) < CHUNK;
      if (last) await tx.runs.save({ ...run, recordsKept: false });
      return last;
    });
    if (isLast) this.#deps.log.info({ run: run.id }, 'records of old run deleted');
  }
}
