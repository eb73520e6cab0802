import { describe, expect, it } from 'vitest';
import { ADMIN_TOKEN } from '../../control-plane/test/stage.ts';
import { noBrowser, useConsole } from './console.ts';

describe.skipIf(noBrowser)('access to the console', () => {
  const view = useConsole();

  it('requires the admin token and forgets it on sign-out', async () => {
    await view.signIn('a wrong token');
    await view.page
      .getByRole('alert')
      .filter({ hasText: 'The admin token is not valid.' })
      .waitFor();
    await view.shot('sign-in');
    await view.signIn();
    await view.page.getByRole('heading', { name: 'Runs' }).waitFor();
    await view.page.getByRole('button', { name: 'Sign out' }).click();
    await view.page.getByLabel('Admin token').waitFor();
    expect(
      await view.page.evaluate(
        'sessionStorage.length + localStorage.length + document.cookie.length',
      ),
    ).toBe(0);
  });

  it('can be used with the keyboard alone', async () => {
    await view.page.getByLabel('Admin token').waitFor();
    await view.page.keyboard.type(ADMIN_TOKEN);
    await view.page.keyboard.press('Enter');
    await view.page.getByRole('heading', { name: 'Runs' }).waitFor();
    await view.page.reload();
    await view.page.getByRole('heading', { name: 'Runs' }).waitFor();
    await view.page.keyboard.press('Tab');
    expect(await view.page.locator(':focus').innerText()).toBe('Skip to content');
    for (const name of ['Hybrid runner', 'Runs', 'Services']) {
      await view.page.keyboard.press('Tab');
      expect(await view.page.locator(':focus').innerText()).toBe(name);
    }
    await view.page.keyboard.press('Enter');
    await view.page.getByRole('heading', { name: 'Services' }).waitFor();
  });
});
