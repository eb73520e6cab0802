import { describe, expect, it } from 'vitest';
import { formatTimeWindow, isInside, timeWindowSchema } from './time-window.ts';

const inside = (window: object, time: string): boolean =>
  isInside(timeWindowSchema.parse({ timeZone: 'Europe/Zurich', ...window }), Date.parse(time));

describe('a time window', () => {
  // 28 Nov 2026 is a Saturday; Zurich is an hour ahead of UTC.
  it.each([
    [{ from: '08:00', to: '18:00' }, '2026-11-28T06:59:59Z', false],
    [{ from: '08:00', to: '18:00' }, '2026-11-28T07:00:00Z', true],
    [{ from: '08:00', to: '18:00' }, '2026-11-28T16:59:59Z', true],
    [{ from: '08:00', to: '18:00' }, '2026-11-28T17:00:00Z', false],
    [{ days: ['sat'] }, '2026-11-27T22:59:00Z', false],
    [{ days: ['sat'] }, '2026-11-27T23:00:00Z', true],
    [{ days: ['sat'] }, '2026-11-28T22:59:00Z', true],
    [{ days: ['sat'] }, '2026-11-28T23:00:00Z', false],
    [{ days: ['sat'], from: '22:00', to: '06:00' }, '2026-11-28T21:00:00Z', true],
    [{ days: ['sat'], from: '22:00', to: '06:00' }, '2026-11-29T04:59:00Z', true],
    [{ days: ['sat'], from: '22:00', to: '06:00' }, '2026-11-29T05:00:00Z', false],
    [{ days: ['sat'], from: '22:00', to: '06:00' }, '2026-11-28T04:00:00Z', false],
    [{ days: ['sun'], from: '22:00', to: '06:00' }, '2026-11-29T22:00:00Z', true],
    [{ days: ['sun'], from: '22:00', to: '06:00' }, '2026-11-30T04:00:00Z', true],
  ])('%j at %s: %s', (window, time, expected) => {
    expect(inside(window, time)).toBe(expected);
  });

  it('follows daylight saving time', () => {
    const window = { from: '08:00', to: '09:00' };
    expect([
      inside(window, '2026-07-01T06:30:00Z'),
      inside(window, '2026-07-01T07:30:00Z'),
      inside(window, '2026-12-01T07:30:00Z'),
    ]).toEqual([true, false, true]);
  });

  it.each([
    { from: '8:00', timeZone: 'UTC' },
    { from: '24:00', timeZone: 'UTC' },
    { from: '08:00', to: '08:00', timeZone: 'UTC' },
    { timeZone: 'Europe/Atlantis' },
    { days: [], timeZone: 'UTC' },
    { days: ['Monday'], timeZone: 'UTC' },
    { from: '08:00' },
  ])('is not %j', (window) => {
    expect(timeWindowSchema.safeParse(window).success).toBe(false);
  });

  it('is shown in one line', () => {
    const shown = (window: object): string => formatTimeWindow(timeWindowSchema.parse(window));
    expect([
      shown({ timeZone: 'UTC' }),
      shown({ days: ['mon', 'fri'], from: '22:30', to: '06:00', timeZone: 'UTC' }),
    ]).toEqual(['00:00-24:00 UTC', 'mon,fri 22:30-06:00 UTC']);
  });
});
