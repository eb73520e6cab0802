import { ControlPlaneError } from '../runtime/errors.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Registry } from '../link/registry.ts';
import type { Ground } from '../deps.ts';
import type { Runner } from '../store/store.ts';

/** Gives a runner no more work: it finishes what it has. Holds until it is resumed, over restarts of both sides. Throws NOT_FOUND. Repeatable. */
export async function drainRunner(
  ground: Ground,
  registry: Registry,
  id: string,
  reason: string,
): Promise<Runner> {
  const runner = await saveDrainReason(ground, id, reason);
  registry.get(id)?.send({ kind: 'drain', body: { reason } });
  ground.log.info({ runner: id, reason }, 'draining a runner');
  return runner;
}

/**
 * Lets a runner have work again. A runner drains until its connection ends, so the connection is closed: the runner
 * comes back at once, and what it works at goes on. Throws NOT_FOUND. Repeatable.
 */
export async function resumeRunner(
  ground: Ground,
  registry: Registry,
  id: string,
): Promise<Runner> {
  const runner = await saveDrainReason(ground, id, null);
  const connected = registry.get(id);
  if (connected?.presence().draining === true) connected.close('work is wanted again');
  ground.log.info({ runner: id }, 'a runner may work again');
  ground.changes.changed(DISPATCH);
  return runner;
}

function saveDrainReason(ground: Ground, id: string, drainReason: string | null): Promise<Runner> {
  return ground.store.transaction(async (tx) => {
    const present = await tx.runners.get(id);
    if (present === undefined) throw new ControlPlaneError('NOT_FOUND', `there is no runner ${id}`);
    const runner = { ...present, drainReason };
    await tx.runners.save(runner);
    return runner;
  });
}
