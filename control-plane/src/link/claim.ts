/**
 * The one place that decides whether a runner may write for an attempt. run.ts has the invariants.
 */
import type { Deps } from '../deps.ts';
import { JOB_KIND_SPECS } from '../runs/job-kinds.ts';
import { conflictingRun } from '../runs/placement.ts';
import {
  canReturn,
  forgetLapsed,
  isHeldBy,
  renew,
  resumeLapsed,
  type Holder,
  type Run,
} from '../runs/run.ts';
import { momentOf } from '../runtime/clock.ts';
import type { Transaction } from '../store/store.ts';
import type { AttemptRef } from './frames.ts';

/**
 * Returns the run with its lease renewed and saved when this runner may work on the attempt: it
 * holds it, or its lease expired and no other attempt has started since. Undefined otherwise.
 */
export async function claim(
  tx: Transaction,
  deps: Deps,
  by: Holder,
  ref: AttemptRef,
): Promise<Run | undefined> {
  const run = await tx.runs.get(ref.runId);
  if (run === undefined) return undefined;
  const claimed = await renewOrResume(tx, deps, by, ref, run);
  if (claimed === undefined) return undefined;
  if (run.status.state !== 'running') {
    await forgetLapsedOfService(tx, run);
    const { attempt, epoch } = claimed;
    const returned = epoch !== run.epoch || run.status.state === 'queued';
    deps.log.info(
      { run: run.id, runner: by.runnerId, attempt, epoch, returned },
      'attempt started',
    );
  }
  await tx.runs.save(claimed);
  return claimed;
}

async function renewOrResume(
  tx: Transaction,
  deps: Deps,
  by: Holder,
  ref: AttemptRef,
  run: Run,
): Promise<Run | undefined> {
  const at = momentOf(deps.clock);
  const { leaseTtlMs } = deps.limits;
  if (isHeldBy(run, by.runnerId, ref.epoch)) return renew(run, by, at, leaseTtlMs);
  if (!canReturn(run, by.runnerId, ref)) return undefined;
  if (conflictingRun(run, await tx.runs.active()) !== undefined) return undefined;
  return resumeLapsed(run, by, ref, at, leaseTtlMs);
}

/** An attempt of the service starts, so the lapsed attempts of other runs hold older data. */
async function forgetLapsedOfService(tx: Transaction, started: Run): Promise<void> {
  if (!JOB_KIND_SPECS[started.kind].exclusive) return;
  for (const other of await tx.runs.active()) {
    if (
      other.id === started.id ||
      other.service !== started.service ||
      !JOB_KIND_SPECS[other.kind].exclusive
    )
      continue;
    const next = forgetLapsed(other);
    if (next !== other) await tx.runs.save(next);
  }
}
