import { z } from 'zod';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const MINUTES_A_DAY = 24 * 60;

const minute = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'write hours and minutes, for example "22:30"')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

/**
 * A part of the week, as the policy file has it. `from` after `to` means a part that ends on the
 * next day; it belongs to the day on which it begins.
 */
export const timeWindowSchema = z
  .strictObject({
    days: z
      .array(z.enum(DAYS))
      .min(1)
      .default([...DAYS]),
    from: minute.default(0),
    to: minute.default(MINUTES_A_DAY),
    timeZone: z.string().refine(isTimeZone, 'is not a time zone such as Europe/Zurich'),
  })
  .refine(({ from, to }) => from !== to && from !== MINUTES_A_DAY, {
    path: ['from'],
    message: 'must differ from "to", and be before 24:00',
  });

export type TimeWindow = z.infer<typeof timeWindowSchema>;

/** Whether a time, in milliseconds of Unix time, is inside. */
export function isInside({ days, from, to, timeZone }: TimeWindow, now: number): boolean {
  const { day, minutes } = localTime(now, timeZone);
  const includes = (index: number): boolean => days.includes(DAYS[(index + 7) % 7]!);
  if (from < to) return includes(day) && minutes >= from && minutes < to;
  return (includes(day) && minutes >= from) || (includes(day - 1) && minutes < to);
}

/** `mon,tue 22:00-06:00 Europe/Zurich` */
export function formatTimeWindow({ days, from, to, timeZone }: TimeWindow): string {
  const every = days.length === DAYS.length ? '' : `${days.join(',')} `;
  return `${every}${formatMinutes(from)}-${formatMinutes(to)} ${timeZone}`;
}

function formatMinutes(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function localTime(now: number, timeZone: string): { day: number; minutes: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '';
  const day = DAYS.findIndex((name) => name === part('weekday').toLowerCase());
  return { day, minutes: Number(part('hour')) * 60 + Number(part('minute')) };
}

function isTimeZone(text: string): boolean {
  try {
    return Intl.DateTimeFormat('en-US', { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}
