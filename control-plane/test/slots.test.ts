import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latestSlot, nextSlot, nextSlots } from '../src/schedules/slots.ts';
import { cronFields, daysOfChange } from './cron-arbitraries.ts';
import { expressionOf, MINUTE_MS, slotsByWalking } from './cron-oracle.ts';

const runs = Math.round(300 * Number(process.env['PROPERTY_RUNS'] ?? 1));
const seed = Number(process.env['TEST_SEED'] ?? 1);
const DAY_MS = 86_400_000;
/** Slots that are compared in one run. */
const COMPARED = 80;
const start = fc.integer({ min: 0, max: 2880 }).map((minutes) => minutes * MINUTE_MS);
const times = (expression: string | null, timezone = 'UTC', more: object = {}) => ({
  expression,
  timezone,
  startAt: null,
  endAt: null,
  since: 0,
  ...more,
});
const iso = (slots: readonly number[]): string[] =>
  slots.map((slot) => new Date(slot).toISOString().slice(0, 16));

describe('slots of an expression', () => {
  it('are those of a walk through every minute of real time', () => {
    fc.assert(
      fc.property(cronFields, daysOfChange, start, (fields, { timezone, day }, offset) => {
        const [from, to] = [day - DAY_MS + offset, day + 3 * DAY_MS];
        const schedule = times(expressionOf(fields), timezone, { endAt: to - 1 });
        const walked = slotsByWalking(fields, timezone, from, to);
        expect(iso(nextSlots(schedule, from - 1, COMPARED))).toEqual(
          iso(walked.slice(0, COMPARED)),
        );
      }),
      { numRuns: runs, seed },
    );
  });

  it('are found from any moment in both directions', () => {
    fc.assert(
      fc.property(
        cronFields,
        daysOfChange,
        fc.integer({ min: 0, max: 3 * DAY_MS }),
        (fields, { timezone, day }, offset) => {
          const [from, to] = [day - 2 * DAY_MS, day + 3 * DAY_MS];
          const now = day - DAY_MS + offset;
          const schedule = times(expressionOf(fields), timezone, { startAt: from, endAt: to - 1 });
          const walked = slotsByWalking(fields, timezone, from, to);
          expect(latestSlot(schedule, now)).toBe(walked.findLast((slot) => slot <= now));
          expect(nextSlot(schedule, now)).toBe(walked.find((slot) => slot > now));
        },
      ),
      { numRuns: runs, seed },
    );
  });

  it.each([
    ['0 * * * *', '2026-10-24T22:30', ['2026-10-24T23:00', '2026-10-25T00:00', '2026-10-25T01:00']],
    ['30 2 * * *', '2026-10-24T12:00', ['2026-10-25T00:30', '2026-10-26T01:30']],
    ['30 2 * * *', '2026-03-28T12:00', ['2026-03-29T01:00', '2026-03-30T00:30']],
    ['0 2,3 * * *', '2026-03-28T12:00', ['2026-03-29T01:00', '2026-03-30T00:00']],
  ])('%s after %s in Berlin', (expression, after, expected) => {
    const found = nextSlots(
      times(expression, 'Europe/Berlin'),
      Date.parse(`${after}Z`),
      expected.length,
    );
    expect(iso(found)).toEqual(expected);
  });

  it('include start and end', () => {
    const bounded = times('0 0 * * *', 'UTC', { startAt: DAY_MS, endAt: 3 * DAY_MS });
    expect(nextSlots(bounded, -1, 9)).toEqual([DAY_MS, 2 * DAY_MS, 3 * DAY_MS]);
    expect(latestSlot(bounded, 9 * DAY_MS)).toBe(3 * DAY_MS);
    expect(latestSlot(bounded, DAY_MS - 1)).toBeUndefined();
    expect(nextSlot(bounded, 3 * DAY_MS)).toBeUndefined();
  });

  it('are one for @once, at the start or when it was saved, and none for manual runs', () => {
    const since = 5 * MINUTE_MS;
    expect(nextSlots(times('@once', 'UTC', { since }), 0, 9)).toEqual([since]);
    expect(nextSlots(times('@once', 'UTC', { since, startAt: 1 }), 0, 9)).toEqual([since]);
    const later = times('@once', 'UTC', { since, startAt: DAY_MS });
    expect([
      nextSlots(later, 0, 9),
      latestSlot(later, DAY_MS - 1),
      latestSlot(later, DAY_MS),
    ]).toEqual([[DAY_MS], undefined, DAY_MS]);
    expect(nextSlots(times(null), 0, 9)).toEqual([]);
  });
});
