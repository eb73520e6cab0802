import { isEnded, type Run, type Slot } from '../runs/run.ts';
import type { Schedule } from '../store/schedule.ts';
import type { RunReads } from '../store/store.ts';
import { latestSlot } from './slots.ts';

/** A clock that is set back by less is only waited for: no slot can be lost in a minute. */
export const CLOCK_TOLERANCE_MS = 60_000;

/** What a schedule starts next, and when (Unix time). */
export interface Due {
  readonly slot: Slot;
  readonly at: number;
}

/**
 * The next start of a schedule whose first slot that is not settled is `first`; undefined for none.
 * Of several slots that are due, only the last is started; it also takes the place of the
 * repetition of a failed run.
 */
export async function nextDue(
  schedule: Schedule,
  first: number | undefined,
  runs: Pick<RunReads, 'ofSlot'>,
  now: number,
): Promise<Due | undefined> {
  if (first !== undefined && first <= now) {
    const at = latestSlot(schedule, now) ?? first;
    return { slot: { at, retry: 0 }, at };
  }
  const last =
    schedule.retries === 0
      ? undefined
      : await runs.ofSlot(schedule.pipeline, schedule.settledUntil);
  const again = repetition(schedule, last, now);
  if (first === undefined || (again !== undefined && again.at < first)) return again;
  return { slot: { at: first, retry: 0 }, at: first };
}

/** The repetition of the last run if it failed. A canceled run is not repeated. */
function repetition(
  { retries, retryDelayMs }: Schedule,
  last: Run | undefined,
  now: number,
): Due | undefined {
  if (last === undefined || last.slot === null || last.slot.retry >= retries) return undefined;
  if (!isEnded(last.status) || !['failed', 'expired'].includes(last.status.state)) return undefined;
  const { endedAt } = last.status;
  // The clock was set back: the delay cannot be known.
  const from = endedAt > now + CLOCK_TOLERANCE_MS ? now - retryDelayMs : endedAt;
  return {
    slot: { at: last.slot.at, retry: last.slot.retry + 1 },
    at: from + retryDelayMs,
  };
}
