import { momentOf, type Moment } from '../runtime/clock.ts';
import type { Queued, Run } from './run.ts';
import type { Deps } from '../deps.ts';
import type { Limits } from '../limits.ts';

/**
 * Recomputes every deadline in the store before anything reads one: they are monotonic times of the
 * previous process. No lease could be renewed and no offer answered while the control plane was
 * down, so both get their full length again. Pauses and limits are shortened by the wall-clock time
 * that has passed, and never extended.
 */
export async function restampDeadlines(
  deps: Pick<Deps, 'store' | 'clock' | 'limits'>,
): Promise<void> {
  const at = momentOf(deps.clock);
  await deps.store.transaction(async (tx) => {
    for (const run of await tx.runs.active()) await tx.runs.save(restamped(run, at, deps.limits));
  });
}

/**
 * The monotonic time from which exclusive runs may be offered. A store restored from a backup lacks
 * leases that were granted later, and looks like any other store. After the length of a lease, no
 * lease of an earlier process is left. A store without runners has granted none.
 */
export async function earliestExclusiveOffer({
  store,
  clock,
  limits,
}: Pick<Deps, 'store' | 'clock' | 'limits'>): Promise<number> {
  const runners = await store.read.runners.list();
  return clock.monotonic() + (runners.length === 0 ? 0 : limits.leaseTtlMs);
}

function restamped(run: Run, at: Moment, limits: Limits): Run {
  switch (run.status.state) {
    case 'queued':
      return { ...run, status: restampQueued(run.status, at, limits) };
    case 'offered':
      return { ...run, status: { ...run.status, answerBy: at.monotonic + limits.leaseTtlMs } };
    case 'running':
      return { ...run, status: { ...run.status, leaseUntil: at.monotonic + limits.leaseTtlMs } };
    case 'success':
    case 'partialSuccess':
    case 'failed':
    case 'cancelled':
    case 'expired':
      return run;
    default:
      return run.status satisfies never;
  }
}

function restampQueued(status: Queued, { now, monotonic }: Moment, limits: Limits): Queued {
  const pause =
    status.retryAt === null ? 0 : clamp(status.retryAt - now, 0, limits.retryPauseMaxMs);
  const { absence } = status;
  // Reconnecting runners get at least the length of a lease, however long the control plane was
  // down.
  const left =
    absence === null
      ? 0
      : clamp(
          absence.since + limits.absenceLimitMs - now,
          limits.leaseTtlMs,
          limits.absenceLimitMs,
        );
  return {
    ...status,
    notBefore: monotonic + pause,
    retryAt: pause === 0 ? null : now + pause,
    absence: absence === null ? null : { since: absence.since, until: monotonic + left },
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), Math.max(least, most));
}

/** Whether a deadline of the run has passed. */
export function isOverdue({ status }: Run, now: number): boolean {
  switch (status.state) {
    case 'queued':
      return status.absence !== null && status.absence.until <= now;
    case 'offered':
      return status.answerBy <= now;
    case 'running':
      return status.leaseUntil <= now;
    case 'success':
    case 'partialSuccess':
    case 'failed':
    case 'cancelled':
    case 'expired':
      return false;
    default:
      return status satisfies never;
  }
}
