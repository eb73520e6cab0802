import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../control-plane/src/store/sqlite.ts';
import type { Transaction } from '../../control-plane/src/store/store.ts';
import { noBrowser, useConsole } from './console.ts';

async function saveManaged(tx: Transaction): Promise<void> {
  const common = { displayName: null, origin: { endpoint: 'prod', id: '1' }, updatedAt: 1 };
  await tx.definitions.saveService({
    ...common,
    name: 'crm',
    type: 'Salesforce',
    connection: {},
    runner: null,
    pool: 'eu',
  });
  await tx.definitions.savePipeline({
    ...common,
    name: 'crm.daily',
    service: 'crm',
    sourceConfig: {},
    loggerLevel: 'INFO',
    deadlineMs: 0,
  });
  await tx.schedules.save({
    pipeline: 'crm.daily',
    expression: '0 3 * * *',
    timezone: 'UTC',
    startAt: null,
    endAt: null,
    paused: false,
    retries: 0,
    retryDelayMs: 0,
    since: 0,
    settledUntil: Date.now(),
  });
}

const PIPELINE = '/api/v1/pipelines/sandbox_metadata/schedule';

describe.skipIf(noBrowser)('schedules in the console', () => {
  const view = useConsole();
  const card = () => view.page.getByRole('article', { name: 'sandbox' });
  const field = (name: string) => view.page.getByLabel(name, { exact: true });

  async function open(): Promise<void> {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    await card().getByRole('button', { name: 'Schedule' }).click();
  }

  async function save(): Promise<void> {
    await view.page.getByRole('button', { name: 'Save' }).click();
    await view.page.getByText('Schedule saved.').waitFor();
  }

  const stored = async (): Promise<Record<string, unknown>> =>
    (await view.stage.api.get(PIPELINE)).body as Record<string, unknown>;

  it('runs a pipeline every week, with the keyboard alone', async () => {
    await open();
    expect(await field('Time zone').isVisible()).toBe(false);
    await field('Runs').focus();
    await view.page.keyboard.type('Every week');
    await view.page.keyboard.press('Tab');
    await view.page.keyboard.press('Space');
    await view.page.keyboard.press('Tab');
    await view.page.keyboard.press('Tab');
    await view.page.keyboard.press('Space');
    await field('Time').fill('06:45');
    await field('Time zone').fill('Asia/Tokyo');
    await view.shot('schedule');
    await view.page.keyboard.press('Enter');
    await view.page.getByText('Schedule saved.').waitFor();
    expect(await stored()).toMatchObject({ expression: '45 6 * * 3', timezone: 'Asia/Tokyo' });
    await card().getByText('every Wednesday at 06:45 (Asia/Tokyo)').waitFor();
    await card().getByText('Next run').waitFor();
    await view.shot('schedule-card');
    expect(view.problems).toEqual([]);
  });

  it('pauses and resumes', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    await card().getByRole('button', { name: 'Pause' }).click();
    await card().getByText('Paused', { exact: true }).waitFor();
    expect(await stored()).toMatchObject({ paused: true, expression: '45 6 * * 3' });
    await card().getByRole('button', { name: 'Resume' }).click();
    await card().getByRole('button', { name: 'Pause' }).waitFor();
    expect(await stored()).toMatchObject({ paused: false });
  });

  it('takes cron expressions, and shows what is wrong with one', async () => {
    await open();
    await field('Runs').selectOption('cron');
    await field('Cron expression').fill('0 25 * * *');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await view.page.getByRole('alert').getByText('Invalid value for hour').waitFor();
    await field('Cron expression').fill('*/20 8-17 * * MON-FRI');
    await field('From').fill('2031-01-02T03:04');
    await field('Until').fill('2032-01-02T03:04');
    await field('Repeat a failed run').fill('2');
    await field('Minutes before a failed run is repeated').fill('1.5');
    await save();
    expect(await stored()).toMatchObject({
      expression: '*/20 8-17 * * MON-FRI',
      startAt: new Date('2031-01-02T03:04').getTime(),
      endAt: new Date('2032-01-02T03:04').getTime(),
      retries: 2,
      retryDelayMs: 90_000,
    });
    await card().getByRole('button', { name: 'Schedule' }).click();
    expect(await field('From').inputValue()).toBe('2031-01-02T03:04');
    await view.page.getByRole('button', { name: 'Cancel' }).click();
  });

  it.each([
    ['hourly', 'Minute of the hour', '7', '7 * * * *'],
    ['daily', 'Time', '23:05', '5 23 * * *'],
  ])('reads back what was chosen: %s', async (kind, input, value, expression) => {
    await open();
    await field('Runs').selectOption(kind);
    await field(input).fill(value);
    await save();
    expect(await stored()).toMatchObject({ expression });
    await card().getByRole('button', { name: 'Schedule' }).click();
    expect(await field('Runs').inputValue()).toBe(kind);
    expect(await field(input).inputValue()).toBe(value);
    await view.page.getByRole('button', { name: 'Cancel' }).click();
  });

  it('fits a narrow screen', async () => {
    await view.page.setViewportSize({ width: 360, height: 740 });
    await open();
    await field('Runs').selectOption('weekly');
    const overflow =
      'document.querySelector("dialog").scrollWidth - document.querySelector("dialog").clientWidth';
    expect(await view.page.evaluate(overflow)).toBe(0);
    await view.shot('schedule-narrow');
    await view.page.getByRole('button', { name: 'Cancel' }).click();
    await view.shot('schedule-card-narrow');
    expect(await view.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  it('shows what OpenMetadata manages, which can be signed but not changed', async () => {
    const store = openSqliteStore(join(view.stage.data, 'store.sqlite'));
    await store.transaction((tx) => saveManaged(tx));
    await store.close();
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    const managed = view.page.getByRole('article', { name: 'crm' });
    await managed.getByText('managed by OpenMetadata endpoint prod').waitFor();
    await managed.getByText('every day at 03:00 (UTC)').waitFor();
    await managed.getByText('eu', { exact: true }).waitFor();
    expect(await managed.getByRole('button').allTextContents()).toEqual(['Sign']);
    await view.shot('managed');
  });

  it('returns to runs by hand', async () => {
    await open();
    await field('Runs').selectOption('manual');
    await save();
    await card().getByText('only by hand').waitFor();
    expect(await card().getByRole('button', { name: 'Pause' }).count()).toBe(0);
  });
});
