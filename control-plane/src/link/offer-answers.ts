/** What becomes of an offer: accepted, rejected or withdrawn. */
import type { Deps } from '../deps.ts';
import { canTake } from '../runs/candidates.ts';
import { end, abandonAttempt, offerAgain, type Run } from '../runs/run.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import { momentOf, type Moment } from '../runtime/clock.ts';
import type { Transaction } from '../store/store.ts';
import { claim } from './claim.ts';
import type { AttemptRef } from './frames.ts';
import type { ConnectedRunner, Registry } from './registry.ts';

export interface Rejection {
  readonly code: string;
  readonly message: string;
  readonly permanent: boolean;
}

/**
 * Withdraws an offer that no runner accepted: the run is queued again, unless it has been canceled.
 */
export function withdrawOffer(run: Run, at: Moment, notBefore: number): Run {
  return run.cancelReason === null
    ? offerAgain(run, notBefore)
    : abandonAttempt(
        run,
        { code: 'CANCELLED', message: run.cancelReason, remedy: '' },
        { at, maxAttempts: 0 },
      );
}

/**
 * Starts the attempt. If the offer was withdrawn or the run canceled in the meantime, tells the
 * runner to cancel it.
 */
export async function acceptOffer(
  deps: Deps,
  from: Pick<ConnectedRunner, 'runnerId' | 'bootId' | 'send'>,
  ref: AttemptRef,
): Promise<void> {
  const cancelReason = await deps.store.transaction(async (tx) => {
    const run = await claim(tx, deps, from, ref);
    return run === undefined ? 'offer has been withdrawn' : run.cancelReason;
  });
  deps.tracer.answered(ref, 'accepted');
  if (cancelReason !== null) from.send({ kind: 'cancel', body: { ref, reason: cancelReason } });
  deps.changes.changed(ref.runId);
}

/**
 * Queues the run again. After a permanent rejection it goes to another connected runner, or fails
 * when there is none.
 */
export async function rejectOffer(
  deps: Deps,
  registry: Registry,
  runnerId: string,
  ref: AttemptRef,
  rejection: Rejection,
): Promise<void> {
  const isSaved = await deps.store.transaction(async (tx) => {
    const run = await tx.runs.get(ref.runId);
    if (
      run?.epoch !== ref.epoch ||
      run.status.state !== 'offered' ||
      run.status.runnerId !== runnerId
    )
      return false;
    await tx.runs.save(await afterRejection(tx, deps, registry, run, runnerId, rejection));
    return true;
  });
  if (!isSaved) return;
  deps.tracer.answered(ref, 'rejected');
  const { code, message } = rejection;
  const attempt = { run: ref.runId, attempt: ref.attempt, epoch: ref.epoch, runner: runnerId };
  deps.log.info({ ...attempt, code, error: message }, 'offer rejected');
  deps.changes.changed(ref.runId);
  deps.changes.changed(DISPATCH);
}

async function afterRejection(
  tx: Transaction,
  deps: Deps,
  registry: Registry,
  run: Run,
  runnerId: string,
  { code, message, permanent }: Rejection,
): Promise<Run> {
  const at = momentOf(deps.clock);
  if (!permanent) return withdrawOffer(run, at, at.monotonic + deps.limits.retryOfferMs);
  const rejected = { ...run, rejectedBy: [...run.rejectedBy, runnerId] };
  const others = (await tx.runners.list()).filter(
    (runner) => registry.get(runner.id) !== undefined && canTake(rejected, runner),
  );
  if (others.length > 0) return withdrawOffer(rejected, at, at.monotonic);
  return end(rejected, 'failed', at.now, {
    code: code.slice(0, 100),
    message: message.slice(0, 1000),
    remedy: 'Correct the service or pipeline, or ask the owner of the runner to permit it.',
  });
}
