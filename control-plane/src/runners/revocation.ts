import type { Deps } from '../deps.ts';
import { withdrawOffer } from '../link/offer-answers.ts';
import type { Registry } from '../link/registry.ts';
import { abandonAttempt, holder, type Run } from '../runs/run.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import { momentOf, type Moment } from '../runtime/clock.ts';
import type { Runner, Transaction } from '../store/store.ts';
import { existingRunner } from './existing.ts';

/**
 * Revokes a runner permanently and gives its runs to other runners. Throws NOT_FOUND. Idempotent.
 */
export async function revokeRunner(deps: Deps, registry: Registry, id: string): Promise<Runner> {
  const at = momentOf(deps.clock);
  const { runner, freed } = await deps.store.transaction(async (tx) => {
    const present = await existingRunner(tx, id);
    const revoked = { ...present, revokedAt: present.revokedAt ?? at.now };
    await tx.runners.save(revoked);
    return { runner: revoked, freed: await freeRuns(tx, deps, id, at) };
  });
  registry.get(id)?.reject('RUNNER_REVOKED', 'runner has been revoked');
  deps.log.warn({ runner: id, name: runner.name }, 'runner revoked');
  for (const run of freed) deps.changes.changed(run.id);
  deps.changes.changed(DISPATCH);
  return runner;
}

async function freeRuns(tx: Transaction, deps: Deps, runnerId: string, at: Moment): Promise<Run[]> {
  const held = (await tx.runs.active()).filter((run) => holder(run) === runnerId);
  const reason = {
    code: 'RUNNER_REVOKED',
    message: 'the runner has been revoked',
    remedy: 'Enroll the runner again if it was revoked by mistake.',
  };
  const { maxAttempts } = deps.limits;
  for (const run of held)
    await tx.runs.save(
      run.status.state === 'offered'
        ? withdrawOffer(run, at, at.monotonic)
        : abandonAttempt(run, reason, { at, maxAttempts }),
    );
  return held;
}
