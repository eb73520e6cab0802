import type { Deps } from '../deps.ts';
import type { Schedule } from '../store/schedule.ts';
import { settingsOf } from './definitions.ts';
import { latestSlot, nextSlot, nextSlots } from './slots.ts';
import type { StartFailure } from './start-failures.ts';

const SHOWN_SLOTS = 3;

/** A schedule as the API shows it, with what happens next. */
export function viewSchedule({ clock, startFailures }: Deps, schedule: Schedule) {
  const now = clock.now();
  const { paused, settledUntil, pipeline } = schedule;
  return {
    ...settingsOf(schedule),
    due: paused ? null : dueSlot(schedule, now),
    next: paused ? [] : nextSlots(schedule, Math.max(now, settledUntil), SHOWN_SLOTS),
    startFailure: viewFailure(startFailures.get(pipeline)),
  };
}

/** The slot that starts as soon as it can. */
function dueSlot(schedule: Schedule, now: number): number | null {
  const first = nextSlot(schedule, schedule.settledUntil);
  return first === undefined || first > now ? null : (latestSlot(schedule, now) ?? first);
}

function viewFailure(failure: StartFailure | undefined) {
  if (failure === undefined) return null;
  const { slot, error, since, retry } = failure;
  return { slot, ...error, since: since.now, retryAt: retry?.now ?? null };
}
