import { describe, expect, it } from 'vitest';
import { noBrowser, useConsole } from './console.ts';

describe.skipIf(noBrowser)('pools in the console', () => {
  const view = useConsole();

  it('moves a runner to another pool', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Runners' }).click();
    const row = view.page.getByRole('row').filter({ hasText: 'edge runner' });
    await row.getByText('pool default ·').waitFor();
    await row.getByRole('button', { name: 'Move' }).click();
    const pool = view.page.getByLabel('Pool', { exact: true });
    await pool.fill('EU west');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await view.page.getByRole('alert').getByText('must be lower-case letters').waitFor();
    await pool.fill('eu-west');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await row.getByText('pool eu-west ·').waitFor();
    await view.shot('runner-pools');
    expect(view.problems.filter((text) => !text.includes('status of 400'))).toEqual([]);
  });

  it('creates a token for a pool', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Runners' }).click();
    await view.page.getByRole('button', { name: 'Enroll a runner' }).click();
    const before = await view.page.locator('#enroll-token').innerText();
    await view.page.getByLabel('Pool of the runner').fill('eu west');
    await view.page.keyboard.press('Enter');
    await view.page.getByRole('alert').getByText('must be lower-case letters').waitFor();
    await view.page.getByLabel('Pool of the runner').fill('apac');
    await view.page.keyboard.press('Enter');
    await view.page.locator('#enroll-token').filter({ hasNotText: before }).waitFor();
    expect(await view.page.getByRole('dialog').count()).toBe(1);
    expect(await view.page.getByLabel('Pool of the runner').inputValue()).toBe('apac');
    await view.shot('enroll-pool');
  });

  it('chooses the pool of a service, and says when it has no connected runner', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    const card = view.page.getByRole('article', { name: 'sandbox' });
    await card.getByRole('button', { name: 'Edit' }).click();
    await view.page.getByLabel('Pool', { exact: true }).fill('us');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await card.getByText('us', { exact: true }).waitFor();
    await card.getByRole('button', { name: 'Test connection' }).click();
    await view.page.getByText('no runner of pool us is connected').waitFor();
    await view.page.getByText('us', { exact: true }).waitFor();
    await view.shot('pool-empty');
    await view.page.getByRole('button', { name: 'Cancel run' }).click();
  });
});
