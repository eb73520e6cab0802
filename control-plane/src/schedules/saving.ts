import type { Schedule, ScheduleSettings } from '../store/schedule.ts';
import type { Transaction } from '../store/store.ts';

/**
 * Creates or replaces the schedule of a pipeline. Slots up to `now` count as settled when its times
 * change or it is resumed: nothing is caught up. Saving the same schedule again changes nothing, so
 * a slot that is due stays due.
 */
export async function saveSchedule(
  tx: Transaction,
  settings: ScheduleSettings,
  now: number,
): Promise<Schedule> {
  const present = await tx.schedules.get(settings.pipeline);
  const settledUntil =
    present !== undefined && hasSameTimes(present, settings) ? present.settledUntil : now;
  const schedule = { ...settings, settledUntil };
  await tx.schedules.save(schedule);
  return schedule;
}

/** Does nothing for a pipeline without a schedule. */
export async function deleteSchedule(tx: Transaction, pipeline: string): Promise<void> {
  await tx.schedules.delete(pipeline);
}

function hasSameTimes(present: Schedule, settings: ScheduleSettings): boolean {
  return (['expression', 'timezone', 'startAt', 'endAt', 'paused'] as const).every(
    (name) => present[name] === settings[name],
  );
}
