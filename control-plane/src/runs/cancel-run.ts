import type { Deps } from '../deps.ts';
import type { Registry } from '../link/registry.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { existingRun } from './existing.ts';
import { canceled, end, holder, isEnded, type Run } from './run.ts';

/**
 * Cancels a run: a queued run ends at once, any other when its runner has stopped it. Throws
 * NOT_FOUND, and CONFLICT for a run that has ended.
 */
export async function cancelRun(
  deps: Deps,
  registry: Registry,
  id: string,
  reason: string,
): Promise<Run> {
  const run = await deps.store.transaction(async (tx) => {
    const present = await existingRun(tx, id);
    if (isEnded(present.status))
      throw new ControlPlaneError('CONFLICT', `run has already ended: ${present.status.state}`);
    const requested = { ...present, cancelReason: reason };
    const next =
      present.status.state === 'queued'
        ? end(requested, 'cancelled', deps.clock.now(), canceled(reason))
        : requested;
    await tx.runs.save(next);
    return next;
  });
  const runnerId = holder(run);
  if (runnerId !== undefined)
    registry.cancel(runnerId, { runId: run.id, attempt: run.attempt, epoch: run.epoch }, reason);
  deps.log.info({ run: id, state: run.status.state }, 'cancel requested');
  deps.changes.changed(id);
  deps.changes.changed(DISPATCH);
  return run;
}
