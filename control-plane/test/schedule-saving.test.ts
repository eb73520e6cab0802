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
  ['pause', { paused: true }],
])('catches nothing up after a change of the %s', async (_what, change) => {
  await save({}, 5);
  expect(await save(change, 100)).toMatchObject({ ...change, settledUntil: 100 });
});

it('deletes a schedule, and nothing when there is none', async () => {
  await save({}, 5);
  await store.transaction((tx) => deleteSchedule(tx, 'crm'));
  await store.transaction((tx) => deleteSchedule(tx, 'crm'));
  expect(await store.read.schedules.list()).toEqual([]);
});
