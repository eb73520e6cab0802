import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deleteSchedule, saveSchedule } from '../src/schedules/saving.ts';
import type { Store } from '../src/store/store.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import { temporaryFolder } from './stage.ts';

const SETTINGS = {
  pipeline: 'crm',
  expression: '0 3 * * *',
  timezone: 'UTC',
  startAt: null,
  endAt: null,
  paused: false,
  retries: 0,
  retryDelayMs: 0,
};
let folder: ReturnType<typeof temporaryFolder>;
let store: Store;

beforeEach(() => {
  folder = temporaryFolder();
  store = openSqliteStore(join(folder.path, 'store.sqlite'));
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const save = (settings: object, now: number) =>
  store.transaction((tx) => saveSchedule(tx, { ...SETTINGS, ...settings }, now));

it('leaves a due slot due when the same schedule is saved again', async () => {
  await save({}, 5);
  expect(await save({ retries: 3, retryDelayMs: 9 }, 100)).toMatchObject({
    retries: 3,
    settledUntil: 5,
  });
});

it.each([
  ['expression', { expression: null }],
  ['time zone', { timezone: 'Asia/Tokyo' }],
  ['start', { startAt: 1 }],
  ['end', { endAt: 1000 }],
])('catches nothing up after a change of the %s', async (_what, change) => {
  await save({}, 5);
  expect(await save(change, 100)).toMatchObject({ ...change, settledUntil: 100 });
});

it('catches nothing up when a schedule is resumed', async () => {
  await save({}, 5);
  expect(await save({ paused: true }, 50)).toMatchObject({ settledUntil: 5 });
  expect(await save({}, 100)).toMatchObject({ settledUntil: 100 });
});

it('leaves the only slot of @once due until it has started, also over a pause', async () => {
  const once = { expression: '@once' };
  expect(await save(once, 5)).toMatchObject({ since: 5, settledUntil: 4 });
  await save({ ...once, paused: true }, 50);
  expect(await save(once, 100)).toMatchObject({ since: 5, settledUntil: 4 });
});

it.each([
  [null, null],
  ['', null],
  ['None', null],
  ['manual', null],
  [' 5  4 * * Mon ', '5 4 * * Mon'],
  ['@Daily', '@daily'],
  ['@quarterly', '@quarterly'],
  ['@once', '@once'],
  ['*/15 0-6 1,15 JAN-MAR *', '*/15 0-6 1,15 JAN-MAR *'],
])('takes the expression %j', async (expression, saved) => {
  expect(await save({ expression }, 5)).toMatchObject({ expression: saved });
});

it.each([
  [{ expression: '* * *' }, 'does not have five fields'],
  [{ expression: '0 0 0 * * *' }, 'does not have five fields'],
  [{ expression: '60 * * * *' }, 'Invalid value for minute'],
  [{ expression: '0 0 31 2 *' }, 'matches no date'],
  [{ expression: '@reboot' }, 'does not have five fields'],
  [{ expression: '0 '.repeat(150) }, 'is longer than 200 characters'],
  [{ timezone: 'Mars/Olympus' }, 'is unknown'],
  [{ timezone: '+02:00' }, 'is unknown'],
  [{ startAt: 2, endAt: 1 }, 'ends before it starts'],
])('rejects %j with a remedy', async (settings, problem) => {
  await expect(save(settings, 5)).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    message: expect.stringContaining(problem),
    remedy: expect.stringMatching(/^(?:Enter|Use|Choose) /),
  });
  expect(await store.read.schedules.list()).toEqual([]);
});

it('deletes a schedule, and nothing when there is none', async () => {
  await save({}, 5);
  await store.transaction((tx) => deleteSchedule(tx, 'crm'));
  await store.transaction((tx) => deleteSchedule(tx, 'crm'));
  expect(await store.read.schedules.list()).toEqual([]);
});
