import type { Deps } from '../deps.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Runner } from '../store/store.ts';
import { existingRunner } from './existing.ts';

/**
 * Moves a runner to a pool. It finishes its runs, and gets new ones of that pool. Throws NOT_FOUND.
 * Idempotent.
 */
export async function moveRunner(deps: Deps, id: string, pool: string): Promise<Runner> {
  const runner = await deps.store.transaction(async (tx) => {
    const moved = { ...(await existingRunner(tx, id)), pool };
    await tx.runners.save(moved);
    return moved;
  });
  deps.log.info({ runner: id, pool }, 'runner moved to pool');
  deps.changes.changed(DISPATCH);
  return runner;
}
