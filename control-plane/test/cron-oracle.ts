/**
 * Cron by brute force: walks every minute of real time and asks Intl for the local time. Shares
 * nothing with the code under test.
 */
export interface Field {
  readonly text: string;
  readonly matches: (value: number) => boolean;
  /** Has a wildcard or a step. */
  readonly isWild: boolean;
}

export interface Fields {
  readonly minute: Field;
  readonly hour: Field;
  readonly day: Field;
  readonly month: Field;
  readonly weekday: Field;
}

export const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

export function expressionOf({ minute, hour, day, month, weekday }: Fields): string {
  return [minute, hour, day, month, weekday].map(({ text }) => text).join(' ');
}

/** The slots of an expression from `from` (a whole minute, included) to `to` (excluded). */
export function slotsByWalking(
  fields: Fields,
  timezone: string,
  from: number,
  to: number,
): number[] {
  const isFixed = !fields.minute.isWild && !fields.hour.isWild;
  const slots: number[] = [];
  const seen = new Set<number>();
  // A day earlier, for local times that occur a second time.
  let before: number | undefined;
  for (let at = from - DAY_MINUTES * MINUTE_MS; at < to; at += MINUTE_MS) {
    const local = localMinute(at, timezone);
    const isRepeated = seen.has(local);
    seen.add(local);
    const isSlot =
      (matches(fields, local) && !(isFixed && isRepeated)) ||
      (isFixed &&
        before !== undefined &&
        skipped(before, local).some((one) => matches(fields, one)));
    if (isSlot && at >= from) slots.push(at);
    before = local;
  }
  return slots;
}

/** Local minutes between two consecutive minutes of real time. */
function skipped(before: number, local: number): number[] {
  return Array.from({ length: Math.max(0, local - before - 1) }, (_, index) => before + 1 + index);
}

function matches({ minute, hour, day, month, weekday }: Fields, local: number): boolean {
  const date = new Date(local * MINUTE_MS);
  const isDay = day.matches(date.getUTCDate());
  const isWeekday = weekday.matches(date.getUTCDay());
  const either = day.text === '*' || weekday.text === '*' ? isDay && isWeekday : isDay || isWeekday;
  return (
    minute.matches(date.getUTCMinutes()) &&
    hour.matches(date.getUTCHours()) &&
    month.matches(date.getUTCMonth() + 1) &&
    either
  );
}

const formats = new Map<string, Intl.DateTimeFormat>();
const known = new Map<string, Map<number, number>>();

/** Minutes from 1970 to the local time, as if it were UTC. */
function localMinute(at: number, timezone: string): number {
  const minutes = known.get(timezone) ?? new Map<number, number>();
  known.set(timezone, minutes);
  let local = minutes.get(at);
  if (local === undefined) {
    local = askIntl(at, timezone);
    minutes.set(at, local);
  }
  return local;
}

function askIntl(at: number, timezone: string): number {
  const format =
    formats.get(timezone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
  formats.set(timezone, format);
  const [month, day, year, hour, minute] = format.format(at).split(/\D+/).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute) / MINUTE_MS;
}
