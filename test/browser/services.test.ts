import { describe, expect, it } from 'vitest';
import { noBrowser, useConsole } from './console.ts';

describe.skipIf(noBrowser)('services in the console', () => {
  const view = useConsole();

  it('explains and saves the options of a pipeline', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    const card = view.page.getByRole('article', { name: 'sandbox' });
    await card.getByRole('button', { name: 'Options' }).click();
    await view.page.getByRole('checkbox', { name: 'Views includeViews' }).uncheck();
    await view.page.getByLabel('Profile: maximum API calls').fill('25');
    await view.page.getByLabel('Sample rows for each table').fill('10');
    await view.page.getByLabel('Maximum duration in minutes').fill('30');
    await view.page.getByLabel('Tables: includes').fill('(');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await view.page.getByRole('alert').getByText('tableFilterPattern.includes.0').waitFor();
    await view.page.getByLabel('Tables: includes').fill('Account.*\nOrder.{1,3}');
    await view.page.getByLabel('Tables: excludes').fill('.*History');
    await view.shot('options');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await view.page.getByText('Options saved.').waitFor();
    const { body } = await view.stage.api.get('/api/v1/pipelines');
    const tableFilterPattern = { includes: ['Account.*', 'Order.{1,3}'], excludes: ['.*History'] };
    expect(body.pipelines[0]).toMatchObject({
      deadlineMs: 1_800_000,
      sourceConfig: {
        includeViews: false,
        includeTags: true,
        profile: { maxApiCalls: 25 },
        sampleRows: { rows: 10 },
        tableFilterPattern,
      },
    });
    await card.getByRole('button', { name: 'Options' }).click();
    expect(await view.page.getByLabel('Tables: includes').inputValue()).toBe(
      'Account.*\nOrder.{1,3}',
    );
    await view.page.getByRole('button', { name: 'Cancel' }).click();
  });

  it('rejects a password in plain text', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    await view.page.getByRole('button', { name: 'Add a service' }).click();
    await view.page.getByLabel('Name', { exact: true }).fill('acme');
    await view.page.getByLabel('User name').fill('etl@acme.example');
    await view.page.getByLabel('Password reference').fill('hunter2');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await view.page
      .getByRole('alert')
      .getByText('fields are not secret references: password')
      .waitFor();
    await view.page.getByLabel('Password reference').fill('secret:/salesforce/acme/password');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await view.page.getByRole('article', { name: 'acme' }).waitFor();
    await view.shot('service-added');
  });

  it('edits a service, rejects an edit of an outdated state, and deletes the service', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    const card = view.page.getByRole('article', { name: 'acme' });
    const present = async (): Promise<Record<string, unknown>> =>
      (await view.stage.api.get('/api/v1/services/acme')).body as Record<string, unknown>;
    await card.getByRole('button', { name: 'Edit' }).click();
    expect(await view.page.getByLabel('User name').inputValue()).toBe('etl@acme.example');
    await view.page.getByLabel('Display name').fill('Acme sales');
    await view.page.getByLabel('Objects').fill('Account\nContact');
    await view.shot('service-edited');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await card.getByRole('heading', { name: 'Acme sales' }).waitFor();
    expect(await present()).toMatchObject({
      displayName: 'Acme sales',
      connection: {
        username: 'etl@acme.example',
        password: 'secret:/salesforce/acme/password',
        sobjectNames: ['Account', 'Contact'],
      },
    });

    await card.getByRole('button', { name: 'Edit' }).click();
    await view.page.getByLabel('Objects').fill('');
    await view.stage.api.put(
      '/api/v1/services/acme',
      {
        type: 'Salesforce',
        connection: { username: 'other@acme.example', password: 'secret:/a/b' },
      },
      { 'if-match': '*' },
    );
    await view.page.getByRole('button', { name: 'Save' }).click();
    await view.page.getByRole('alert').getByText('has changed since it was read').waitFor();
    expect(await present()).toMatchObject({ connection: { username: 'other@acme.example' } });
    await view.page.getByRole('button', { name: 'Cancel' }).click();

    view.page.once('dialog', (dialog) => void dialog.accept());
    await card.getByRole('button', { name: 'Delete' }).click();
    await card.waitFor({ state: 'detached' });
    expect((await view.stage.api.get('/api/v1/services/acme')).status).toBe(404);
  });
});
