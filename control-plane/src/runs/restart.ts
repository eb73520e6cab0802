import { momentOf, type Moment } from '../runtime/clock.ts';
import type { Queued, Run } from './run.ts';
import type { Ground, Limits } from '../deps.ts';

/**
 * Makes every deadline in the store anew, before anything reads one: they are monotonic times of a process that is gone.
 * Nobody could renew or answer while this side was away, so every lease and every offer gets its whole length again; pauses
 * and limits lose the time that has passed by the wall clock, and never last longer than they would have.
 */
export async function restampDeadlines(
  ground: Pick<Ground, 'store' | 'clock' | 'limits'>,
): Promise<void> {
  const at = momentOf(ground.clock);
  await ground.store.transaction(async (tx) => {
    for (const run of await tx.runs.active()) await tx.runs.save(restamped(run, at, ground.limits));
  });
}

/**
 * The monotonic time from which runs that exclude each other may be offered. A store that was restored from a backup does not
 * know every lease that was granted, and nothing tells it apart from one that was merely closed; after the length of a lease
 * no lease of an earlier process is left. A store without runners has granted none.
 */
export async function earliestExclusiveOffer({
  store,
  clock,
  limits,
}: Pick<Ground, 'store' | 'clock' | 'limits'>): Promise<number> {
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
  // Runners that are on their way back get the time of a lease, however long this side was away.
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
