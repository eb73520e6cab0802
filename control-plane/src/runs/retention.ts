import { DISPATCH } from '../runtime/change-hub.ts';
import type { Ground } from '../deps.ts';
import type { Reads, Run } from '../store/store.ts';

const SETTING = 'keepRuns';
/** Runs of each service whose records stay when nobody has said otherwise. */
export const DEFAULT_KEEP_RUNS = 200;
/** Records deleted in one transaction: deliveries wait behind it. */
const CHUNK = 2000;
const TICK_MS = 60_000;

/** Of how many of each service's newest runs the records stay; 0 for all. */
export async function keepRuns(read: Pick<Reads, 'settings'>): Promise<number> {
  return Number((await read.settings.get(SETTING)) ?? DEFAULT_KEEP_RUNS);
}

export async function saveKeepRuns(ground: Ground, keep: number): Promise<void> {
  await ground.store.transaction((tx) => tx.settings.save(SETTING, String(keep)));
  ground.changes.changed(DISPATCH);
}

/** Deletes the records of runs that are too old. Runs, their outcomes and the catalog stay. */
export class Retention {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const look = new AbortController();
      const either = AbortSignal.any([signal, look.signal]);
      const woken = this.#ground.changes.next(DISPATCH, either);
      try {
        await this.#dropOld(signal);
      } catch (thrown) {
        this.#ground.log.error({ err: thrown }, 'records of old runs could not be deleted');
      }
      await Promise.race([woken, this.#ground.clock.sleep(TICK_MS, either)]);
      look.abort();
    }
  }

  async #dropOld(signal: AbortSignal): Promise<void> {
    const { read } = this.#ground.store;
    const keep = await keepRuns(read);
    if (keep === 0) return;
    while (!signal.aborted) {
      const old = await read.runs.oldestBeyond(keep);
      if (old === undefined) return;
      await this.#dropSome(old);
    }
  }

  async #dropSome(run: Run): Promise<void> {
    const isLast = await this.#ground.store.transaction(async (tx) => {
      const last = (await tx.records.drop(run.id, CHUNK)) < CHUNK;
      if (last) await tx.runs.save({ ...run, recordsKept: false });
      return last;
    });
    if (isLast) this.#ground.log.info({ run: run.id }, 'the records of an old run were deleted');
  }
}
