import type { Deps } from '../deps.ts';
import type { Holder } from '../runs/run.ts';
import { claim } from './claim.ts';
import type { AttemptRef } from './frames.ts';

/** Renews each lease that this runner still holds; the others are lost. */
export async function renewLeases(
  deps: Deps,
  by: Holder,
  leases: readonly AttemptRef[],
): Promise<{ readonly renewed: AttemptRef[]; readonly lost: AttemptRef[] }> {
  const renewed: AttemptRef[] = [];
  const lost: AttemptRef[] = [];
  await deps.store.transaction(async (tx) => {
    const runner = await tx.runners.get(by.runnerId);
    if (runner !== undefined) await tx.runners.save({ ...runner, lastSeenAt: deps.clock.now() });
    for (const ref of leases)
      ((await claim(tx, deps, by, ref)) === undefined ? lost : renewed).push(ref);
  });
  return { renewed, lost };
}
