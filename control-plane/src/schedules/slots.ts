import type { Cron } from 'croner';
import type { Schedule } from '../store/schedule.ts';
import { cronOf, ONCE } from './expression.ts';

const SECOND_MS = 1000;

export type Times = Pick<Schedule, 'expression' | 'timezone' | 'startAt' | 'endAt' | 'since'>;

/** The first slot after a time; undefined for none. */
export function nextSlot(times: Times, after: number): number | undefined {
  const from = Math.max(after, (times.startAt ?? 0) - 1);
  const slot = slotOf(times, {
    ofCron: (cron) => cron.nextRun(new Date(from)),
    takesOnce: (once) => once > after,
  });
  return inPeriod(times, slot);
}

/** The last slot up to and including a time; undefined for none. */
export function latestSlot(times: Times, upTo: number): number | undefined {
  const until = Math.min(upTo, times.endAt ?? upTo);
  // Slots are whole seconds, and the reference is exclusive.
  const reference = (Math.floor(until / SECOND_MS) + 1) * SECOND_MS;
  const slot = slotOf(times, {
    ofCron: (cron) => cron.previousRuns(1, new Date(reference))[0] ?? null,
    takesOnce: (once) => once <= upTo,
  });
  return inPeriod(times, slot);
}

/** The first slots after a time, at most `count`. */
export function nextSlots(times: Times, after: number, count: number): number[] {
  const slots: number[] = [];
  for (let slot = nextSlot(times, after); slot !== undefined; slot = nextSlot(times, slot)) {
    slots.push(slot);
    if (slots.length === count) break;
  }
  return slots;
}

interface Search {
  readonly ofCron: (cron: Cron) => Date | null;
  /** Whether the only slot of @once is the one that is searched. */
  readonly takesOnce: (once: number) => boolean;
}

function slotOf(
  { expression, timezone, startAt, since }: Times,
  { ofCron, takesOnce }: Search,
): number | undefined {
  if (expression === null) return undefined;
  if (expression !== ONCE) return ofCron(cronOf(expression, timezone))?.getTime();
  const once = Math.max(startAt ?? since, since);
  return takesOnce(once) ? once : undefined;
}

function inPeriod({ startAt, endAt }: Times, slot: number | undefined): number | undefined {
  return slot === undefined || slot < (startAt ?? slot) || slot > (endAt ?? slot)
    ? undefined
    : slot;
}
