import * as fc from 'fast-check';
import type { Field, Fields } from './cron-oracle.ts';

function anyOf(min: number, max: number): fc.Arbitrary<Field> {
  const value = fc.integer({ min, max });
  const list = fc.uniqueArray(value, { minLength: 1, maxLength: 3 }).map((values) => ({
    text: values.join(','),
    matches: (one: number) => values.includes(one),
    isWild: false,
  }));
  const range = fc.tuple(value, value).map(([a, b]) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    return {
      text: `${low}-${high}`,
      matches: (one: number) => one >= low && one <= high,
      isWild: false,
    };
  });
  const step = fc.integer({ min: 2, max: Math.max(2, Math.floor(max / 2)) }).map((by) => ({
    text: `*/${by}`,
    matches: (one: number) => (one - min) % by === 0,
    isWild: true,
  }));
  return fc.oneof(list, range, step, fc.constant(EVERY));
}

const EVERY: Field = { text: '*', matches: () => true, isWild: true };

function mostly(field: fc.Arbitrary<Field>): fc.Arbitrary<Field> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(EVERY) }, { weight: 1, arbitrary: field });
}

/** Expressions, many of them in the hours in which clocks change. */
export const cronFields: fc.Arbitrary<Fields> = fc.record({
  minute: anyOf(0, 59),
  hour: fc.oneof(anyOf(0, 23), anyOf(0, 3)),
  day: mostly(anyOf(1, 31)),
  month: mostly(anyOf(1, 12)),
  weekday: mostly(anyOf(0, 6)),
});

/** Days on which clocks change, some at midnight, one by half an hour, and ordinary ones. */
export const daysOfChange: fc.Arbitrary<{ readonly timezone: string; readonly day: number }> =
  fc.constantFrom(
    ...[
      ['Europe/Berlin', '2026-03-29'],
      ['Europe/Berlin', '2026-10-25'],
      ['America/New_York', '2026-03-08'],
      ['America/New_York', '2026-11-01'],
      ['Australia/Lord_Howe', '2026-04-05'],
      ['Australia/Lord_Howe', '2026-10-04'],
      ['America/Santiago', '2026-04-05'],
      ['America/Santiago', '2026-09-06'],
      ['Asia/Beirut', '2026-03-29'],
      ['Asia/Kathmandu', '2026-05-01'],
      ['Pacific/Kiritimati', '2026-02-28'],
      ['UTC', '2028-02-29'],
    ].map(([timezone, day]) => ({ timezone: timezone!, day: Date.parse(`${day}T00:00:00Z`) })),
  );
