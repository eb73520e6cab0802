import { momentOf } from '../runtime/clock.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Registry } from '../link/registry.ts';
import { withdrawOffer } from '../link/work.ts';
import { giveUpAttempt, holder } from '../runs/run.ts';
import type { Ground } from '../deps.ts';
import type { Runner } from '../store/store.ts';

/** Shuts a runner out for good and gives its runs to others. Throws NOT_FOUND. Repeatable. */
export async function revokeRunner(
  ground: Ground,
  registry: Registry,
  id: string,
): Promise<Runner> {
  const at = momentOf(ground.clock);
  const { runner, freed } = await ground.store.transaction(async (tx) => {
    const present = await tx.runners.get(id);
    if (present === undefined) throw new ControlPlaneError('NOT_FOUND', `there is no runner ${id}`);
    const revoked = { ...present, revokedAt: present.revokedAt ?? at.now };
    await tx.runners.save(revoked);
    const held = (await tx.runs.active()).filter((run) => holder(run) === id);
    const reason = {
      code: 'RUNNER_REVOKED',
      message: 'the runner has been revoked',
      remedy: 'Enroll it again if that was a mistake.',
    };
    for (const run of held)
      await tx.runs.save(
        run.status.state === 'offered'
          ? withdrawOffer(run, at, at.monotonic)
          : giveUpAttempt(run, reason, { at, maxAttempts: ground.limits.maxAttempts }),
      );
    return { runner: revoked, freed: held };
  });
  registry.get(id)?.refuse('RUNNER_REVOKED', 'this runner has been revoked');
  ground.log.warn({ runner: id, name: runner.name }, 'runner revoked');
  for (const run of freed) ground.changes.changed(run.id);
  ground.changes.changed(DISPATCH);
  return runner;
}
