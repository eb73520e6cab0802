import { ControlPlaneError } from '../runtime/errors.ts';
import type { Schedule, ScheduleSettings } from '../store/schedule.ts';
import type { Transaction } from '../store/store.ts';
import { ONCE, parseExpression, parseTimezone } from './expression.ts';

/** Normalizes a schedule. Throws INPUT_INVALID. */
export function parseSchedule(settings: ScheduleSettings): ScheduleSettings {
  const { startAt, endAt } = settings;
  if (startAt !== null && endAt !== null && endAt < startAt)
    throw new ControlPlaneError('INPUT_INVALID', 'the schedule ends before it starts', {
      remedy: 'Choose an end after the start, or no end.',
    });
  return {
    ...settings,
    expression: parseExpression(settings.expression),
    timezone: parseTimezone(settings.timezone),
  };
}

/**
 * Creates or replaces the schedule of a pipeline. Slots up to `now` count as settled when its times
 * change or it is resumed: nothing is caught up. Saving the same schedule again changes nothing, so
 * a slot that is due stays due. Throws INPUT_INVALID. Announce SCHEDULES afterwards.
 */
export async function saveSchedule(
  tx: Transaction,
  draft: ScheduleSettings,
  now: number,
): Promise<Schedule> {
  const settings = parseSchedule(draft);
  const present = await tx.schedules.get(settings.pipeline);
  const schedule = { ...settings, ...progressOf(present, settings, now) };
  await tx.schedules.save(schedule);
  return schedule;
}

/** Does nothing for a pipeline without a schedule. */
export async function deleteSchedule(tx: Transaction, pipeline: string): Promise<void> {
  await tx.schedules.delete(pipeline);
}

/** Whether both have the same slots. */
export function hasSameTimes(a: ScheduleSettings, b: ScheduleSettings): boolean {
  return (['expression', 'timezone', 'startAt', 'endAt'] as const).every(
    (name) => a[name] === b[name],
  );
}

function progressOf(
  present: Schedule | undefined,
  settings: ScheduleSettings,
  now: number,
): Pick<Schedule, 'since' | 'settledUntil'> {
  const isOnce = settings.expression === ONCE;
  // The only slot of @once may be now.
  if (present === undefined || !hasSameTimes(present, settings))
    return { since: now, settledUntil: isOnce ? now - 1 : now };
  const { since, settledUntil, paused } = present;
  return { since, settledUntil: paused && !settings.paused && !isOnce ? now : settledUntil };
}
