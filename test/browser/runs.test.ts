import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  batch,
  logLine,
  outcomeLine,
  stepLine,
  tableLine,
} from '../../control-plane/test/fake-records.ts';
import { RELAY } from '../../control-plane/test/store-relay.contract.ts';
import { openSqliteStore } from '../../control-plane/src/store/sqlite.ts';
import { noBrowser, useConsole } from './console.ts';
import { contactTable, HOSTILE } from './records.ts';

describe.skipIf(noBrowser)('runs in the console', () => {
  const view = useConsole();

  it('tests a connection and shows each step as it finishes', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    await view.shot('services');
    await view.page
      .getByRole('article', { name: 'sandbox' })
      .getByRole('button', { name: 'Test connection' })
      .click();
    const ref = await view.nextJob();
    const steps = view.page.getByRole('region', { name: 'Steps' });
    view.runner.send('batch', batch(ref, 1, [stepLine('CheckAccess')]));
    await steps.getByText('CheckAccess', { exact: true }).waitFor();
    expect(await steps.getByText('Running').count()).toBe(1);
    const lines = [stepLine('CheckAccess'), stepLine('GetTables')];
    view.runner.send('batch', batch(ref, 2, [lines[1]!, outcomeLine(lines)], { last: true }));
    await steps.getByText('Successful').waitFor();
    expect(await steps.getByRole('img', { name: 'passed' }).count()).toBe(2);
    await view.shot('test-connection');
    expect(view.problems).toEqual([]);
  });

  it('starts an ingestion, follows it live and shows the ingested tables', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    await view.page
      .getByRole('article', { name: 'sandbox' })
      .getByRole('button', { name: 'Ingest metadata' })
      .click();
    const ref = await view.nextJob();
    view.runner.send('progress', { ref, phase: 'describe', done: 75, total: 300, apiCalls: 12 });
    await view.page.getByText('describe: 75 of 300').waitFor();
    expect(
      await view.page
        .getByRole('progressbar')
        .evaluate((bar) => (bar as unknown as { position: number }).position),
    ).toBe(0.25);
    const lines = [
      logLine('catalog read: 300 objects'),
      logLine(`label ${HOSTILE}`, 'warn'),
      contactTable(),
      tableLine('Account'),
    ];
    view.runner.send('batch', batch(ref, 1, lines));
    await view.page.getByRole('log').getByText('catalog read: 300 objects').waitFor();
    await view.page.getByRole('log').getByText(`label ${HOSTILE}`).waitFor();
    await view.shot('run-live');
    view.runner.send(
      'batch',
      batch(
        ref,
        5,
        [outcomeLine(lines, { counts: { objects: 300, fields: 9400, apiCalls: 20 } })],
        { last: true },
      ),
    );
    await view.page.getByRole('status', { name: 'State' }).getByText('Succeeded').waitFor();
    await view.page.getByText('verified').waitFor();
    await view.shot('run-done');
    await view.page.getByRole('link', { name: 'Browse the tables of this service' }).click();
    await view.page.getByText('2 tables').waitFor();
    await view.page.getByRole('searchbox').fill('contact');
    await view.page.getByText('1 table', { exact: true }).waitFor();
    await view.shot('tables');
    await view.page.getByRole('link', { name: 'Contact' }).click();
    await view.page.getByRole('heading', { name: HOSTILE }).waitFor();
    const account = view.page.getByRole('row').filter({ hasText: 'AccountId' });
    await view.page
      .getByRole('row')
      .filter({ hasText: 'primary key' })
      .getByText('VARCHAR(18)')
      .waitFor();
    await view.shot('table');
    await account.getByRole('link', { name: 'Account.Id' }).click();
    await view.page.getByRole('heading', { name: 'Account label' }).waitFor();
    expect(await view.page.title()).not.toContain('owned');
    expect(view.problems).toEqual([]);
  });

  it('cancels a run', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    await view.page
      .getByRole('article', { name: 'sandbox' })
      .getByRole('button', { name: 'Ingest metadata' })
      .click();
    const ref = await view.nextJob();
    await view.page.getByRole('button', { name: 'Cancel run' }).click();
    expect(await view.runner.take('cancel')).toMatchObject({ ref });
    view.runner.send(
      'batch',
      batch(ref, 1, [outcomeLine([], { status: 'cancelled' })], { last: true }),
    );
    await view.page.getByRole('status', { name: 'State' }).getByText('Canceled').waitFor();
    expect(await view.page.getByRole('button', { name: 'Cancel run' }).count()).toBe(0);
  });

  it('shows why a run failed, with the remedy', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    await view.page
      .getByRole('article', { name: 'sandbox' })
      .getByRole('button', { name: 'Test connection' })
      .click();
    const ref = await view.nextJob();
    const error = {
      code: 'SALESFORCE_LOGIN_FAILED',
      message: 'Salesforce rejected the credentials',
      remedy: 'Check the security token.',
      retryable: false,
    };
    view.runner.send(
      'batch',
      batch(ref, 1, [outcomeLine([], { status: 'failed', error })], { last: true }),
    );
    const alert = view.page.getByRole('alert');
    await alert.getByText('Salesforce rejected the credentials').waitFor();
    expect(await alert.innerText()).toContain('Check the security token.');
    await view.shot('run-failed');
    await view.page.getByRole('navigation').getByRole('link', { name: 'Runs' }).click();
    await view.page.getByRole('row').filter({ hasText: 'Failed' }).waitFor();
    await view.page.getByLabel('State').selectOption('cancelled');
    await view.page.getByRole('row').filter({ hasText: 'Failed' }).waitFor({ state: 'detached' });
    await view.page.getByLabel('State').selectOption('');
    await view.page.getByRole('row').filter({ hasText: 'Failed' }).waitFor();
    await view.shot('runs');
  });

  it('shows how far the results are on their way to OpenMetadata', async () => {
    const { id } = (await view.stage.api.post('/api/v1/pipelines/sandbox_metadata/runs')).body as {
      id: string;
    };
    const ref = await view.nextJob();
    const error = { code: 'SINK_REJECTED', message: 'no room', remedy: 'Make room.' };
    const status = { state: 'done', result: 'partialSuccess', error, endedAt: 1 } as const;
    const store = openSqliteStore(join(view.stage.data, 'store.sqlite'));
    await store.transaction((tx) => tx.relays.save({ ...RELAY, runId: id, status }));
    await store.close();
    await view.signIn();
    await view.page.goto(`https://localhost:${view.stage.port}/#/run/${id}`);
    const panel = view.page.getByRole('region', { name: 'OpenMetadata' });
    await panel.getByText('Incomplete').waitFor();
    expect(await panel.innerText()).toMatch(/of endpoint prod\s+3 written\s+no room\s+Make room\./);
    await view.shot('run-relay');
    view.runner.send('batch', batch(ref, 1, [outcomeLine([])], { last: true }));
    await view.page.getByRole('status', { name: 'State' }).getByText('Succeeded').waitFor();
    expect(view.problems).toEqual([]);
  });

  it('shows why a run waits and when it is retried', async () => {
    await view.stage.api.post(`/api/v1/runners/${view.identity.runnerId}/drain`, {
      reason: 'new disks',
    });
    const started = (await view.stage.api.post('/api/v1/pipelines/sandbox_metadata/runs')).body as {
      id: string;
    };
    await view.signIn();
    await view.page.goto(`https://localhost:${view.stage.port}/#/run/${started.id}`);
    await view.page.getByText('drain').first().waitFor();
    await view.shot('run-waiting');
    await view.stage.api.post(`/api/v1/runners/${view.identity.runnerId}/resume`);
    const ref = await view.nextJob();
    const error = {
      code: 'SALESFORCE_BUSY',
      message: 'Salesforce is in maintenance',
      remedy: 'Nothing.',
      retryable: true,
    };
    view.runner.send(
      'batch',
      batch(ref, 1, [outcomeLine([], { status: 'failed', error })], { last: true }),
    );
    await view.page.getByText('Salesforce is in maintenance').first().waitFor();
    await view.page.getByText(/Attempt 2 of \d+ starts at/).waitFor();
    await view.shot('run-retry');
    await view.page.getByRole('button', { name: 'Cancel run' }).click();
    await view.page.getByRole('status', { name: 'State' }).getByText('Canceled').waitFor();
  });
});
