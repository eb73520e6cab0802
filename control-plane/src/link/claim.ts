/** Who may write for a run: the one place where a runner's claim to an attempt is judged. The invariants stand in run.ts. */
import { momentOf } from '../runtime/clock.ts';
import { JOB_TRAITS } from '../runs/job-kinds.ts';
import { rivalOf } from '../runs/placement.ts';
import {
  forgetLeft,
  isHeldBy,
  mayReturn,
  renew,
  takeReturned,
  type Holder,
  type Run,
} from '../runs/run.ts';
import type { Ground } from '../deps.ts';
import type { Transaction } from '../store/store.ts';
import type { AttemptRef } from './frames.ts';

/**
 * The run with its lease renewed and saved, when this runner has the right to work at the attempt: it holds it, or its lease
 * ran out and nobody has begun since. Undefined when it has not.
 */
export async function claim(
  tx: Transaction,
  ground: Ground,
  by: Holder,
  ref: AttemptRef,
): Promise<Run | undefined> {
  const run = await tx.runs.get(ref.runId);
  if (run === undefined) return undefined;
  const at = momentOf(ground.clock);
  const { leaseTtlMs } = ground.limits;
  const claimed = isHeldBy(run, by.runnerId, ref.epoch)
    ? renew(run, by, at, leaseTtlMs)
    : await returned(tx, run, by, ref, () => takeReturned(run, by, ref, at, leaseTtlMs));
  if (claimed === undefined) return undefined;
  if (run.status.state !== 'running') {
    await forgetOthers(tx, run);
    ground.log.info(
      {
        run: run.id,
        runner: by.runnerId,
        attempt: claimed.attempt,
        epoch: claimed.epoch,
        returned: claimed.epoch !== run.epoch || run.status.state === 'queued',
      },
      'attempt begun',
    );
  }
  await tx.runs.save(claimed);
  return claimed;
}

async function returned(
  tx: Transaction,
  run: Run,
  by: Holder,
  ref: AttemptRef,
  take: () => Run,
): Promise<Run | undefined> {
  if (!mayReturn(run, by.runnerId, ref) || rivalOf(run, await tx.runs.active()) !== undefined)
    return undefined;
  return take();
}

/** Somebody begins at the service, so what other runs of it lost before is older than what comes now. */
async function forgetOthers(tx: Transaction, begun: Run): Promise<void> {
  if (!JOB_TRAITS[begun.kind].exclusive) return;
  for (const other of await tx.runs.active()) {
    if (
      other.id === begun.id ||
      other.service !== begun.service ||
      !JOB_TRAITS[other.kind].exclusive
    )
      continue;
    const next = forgetLeft(other);
    if (next !== other) await tx.runs.save(next);
  }
}
