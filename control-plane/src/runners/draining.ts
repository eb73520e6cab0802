import type { Deps } from '../deps.ts';
import type { Registry } from '../link/registry.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Runner } from '../store/store.ts';
import { existingRunner } from './existing.ts';

/**
 * Offers a runner no more runs; it finishes those that it has. Holds until the runner is resumed,
 * across restarts of both sides. Throws NOT_FOUND. Idempotent.
 */
export async function drainRunner(
  deps: Deps,
  registry: Registry,
  id: string,
  reason: string,
): Promise<Runner> {
  const runner = await saveDrainReason(deps, id, reason);
  registry.get(id)?.send({ kind: 'drain', body: { reason } });
  deps.log.info({ runner: id, reason }, 'runner draining');
  return runner;
}

/**
 * Offers a drained runner runs again. A runner drains until its connection ends, so the connection
 * is closed: the runner reconnects at once, and its active runs continue. Throws NOT_FOUND.
 * Idempotent.
 */
export async function resumeRunner(deps: Deps, registry: Registry, id: string): Promise<Runner> {
  const runner = await saveDrainReason(deps, id, null);
  const connected = registry.get(id);
  if (connected?.presence().draining === true) connected.close('runner resumed');
  deps.log.info({ runner: id }, 'runner resumed');
  deps.changes.changed(DISPATCH);
  return runner;
}

function saveDrainReason(deps: Deps, id: string, drainReason: string | null): Promise<Runner> {
  return deps.store.transaction(async (tx) => {
    const runner = { ...(await existingRunner(tx, id)), drainReason };
    await tx.runners.save(runner);
    return runner;
  });
}
