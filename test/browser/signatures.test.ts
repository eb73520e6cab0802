import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signStatement } from '../../src/policy/signatures/sign.ts';
import { noBrowser, useConsole } from './console.ts';

describe.skipIf(noBrowser)('signatures in the console', () => {
  const view = useConsole();
  const key = generateKeyPairSync('ed25519').privateKey;

  it('are made elsewhere over the workflow that is shown, pasted, and compared with changes', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Services' }).click();
    const card = view.page.getByRole('article', { name: 'sandbox' });
    await card.getByText('not signed').nth(1).waitFor();
    expect(await card.getByText('not signed').count()).toBe(2);
    await card.getByRole('button', { name: 'Sign', exact: true }).click();
    const workflow = JSON.parse(await view.page.getByLabel('Workflow').inputValue()) as object;
    const now = Math.floor(Date.now() / 1_000);
    const signature = signStatement(
      {
        aud: ['pool:default'],
        nbf: now - 60,
        exp: now + 86_400,
        kind: 'metadata',
        name: 'nightly',
        workflow: { ...workflow },
      },
      key,
    );
    await view.page.getByLabel('Signature', { exact: true }).fill('no signature');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await view.page.getByRole('alert').getByText('not the signature of a job').waitFor();
    await view.page.getByLabel('Signature', { exact: true }).fill(signature);
    await view.shot('sign');
    await view.page.getByRole('button', { name: 'Save' }).click();
    await view.page.getByText('Signature stored.').waitFor();
    await card.getByText('as “nightly” for pool:default').waitFor();
    await view.stage.api.put(
      '/api/v1/pipelines/sandbox_metadata',
      { service: 'sandbox', sourceConfig: { includeViews: false } },
      { 'if-match': '*' },
    );
    await view.page.reload();
    await card.getByText('Does not match the present definition').waitFor();
    await view.shot('signature-differs');
  });
});
