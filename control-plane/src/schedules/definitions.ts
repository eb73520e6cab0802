/** Schedules as a definition of this control plane: what OpenMetadata manages is rejected. */
import { existingPipeline } from '../definitions/existing.ts';
import { checkOwn } from '../definitions/origin.ts';
import { checkPrecondition, tagOf, type Precondition } from '../definitions/precondition.ts';
import type { Deps } from '../deps.ts';
import { SCHEDULES } from '../runtime/change-hub.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import type { Schedule, ScheduleSettings } from '../store/schedule.ts';
import type { StoreReader } from '../store/store.ts';
import { deleteSchedule, parseSchedule, saveSchedule } from './saving.ts';

/** Throws NOT_FOUND. */
export async function existingSchedule(
  reader: Pick<StoreReader, 'schedules'>,
  pipeline: string,
): Promise<Schedule> {
  const schedule = await reader.schedules.get(pipeline);
  if (schedule === undefined)
    throw new ControlPlaneError('NOT_FOUND', `pipeline ${pipeline} has no schedule`);
  return schedule;
}

/** What users set. The rest changes by itself, without changing the ETag. */
export function settingsOf(schedule: ScheduleSettings): ScheduleSettings {
  const { pipeline, expression, timezone, startAt, endAt, paused, retries, retryDelayMs } =
    schedule;
  return { pipeline, expression, timezone, startAt, endAt, paused, retries, retryDelayMs };
}

/**
 * Creates or replaces the schedule of a pipeline. Throws NOT_FOUND (the pipeline), INPUT_INVALID,
 * CONFLICT, PRECONDITION_REQUIRED, PRECONDITION_FAILED.
 */
export async function defineSchedule(
  { store, clock, changes }: Deps,
  draft: ScheduleSettings,
  precondition: Precondition,
): Promise<Schedule> {
  const settings = settingsOf(parseSchedule(draft));
  const { pipeline } = settings;
  const saved = await store.transaction(async (tx) => {
    checkOwn(`pipeline ${pipeline}`, await existingPipeline(tx, pipeline));
    const stored = await tx.schedules.get(pipeline);
    const present = stored === undefined ? undefined : settingsOf(stored);
    if (present === undefined || tagOf(present) !== tagOf(settings))
      checkPrecondition(`schedule of pipeline ${pipeline}`, present, precondition);
    return saveSchedule(tx, settings, clock.now());
  });
  changes.changed(SCHEDULES);
  return saved;
}

/** Deletes a schedule. Throws NOT_FOUND, CONFLICT, PRECONDITION_FAILED. */
export async function undefineSchedule(
  { store, changes }: Deps,
  pipeline: string,
  precondition: Precondition,
): Promise<void> {
  await store.transaction(async (tx) => {
    checkOwn(`pipeline ${pipeline}`, await existingPipeline(tx, pipeline));
    const present = settingsOf(await existingSchedule(tx, pipeline));
    if (precondition.match !== undefined)
      checkPrecondition(`schedule of pipeline ${pipeline}`, present, precondition);
    await deleteSchedule(tx, pipeline);
  });
  changes.changed(SCHEDULES);
}
