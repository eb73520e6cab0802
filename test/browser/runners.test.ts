import { createHash, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connect, dial, type Identity, sayHello } from '../../control-plane/test/fake-runner.ts';
import { noBrowser, useConsole } from './console.ts';

/** The signed end of an audit trail. */
function headOf({ runnerId, key }: Identity, number: number): Readonly<Record<string, unknown>> {
  const hash = createHash('sha256').update(String(number)).digest('hex');
  const message = `hybrid-runner/audit-head/v1\n${runnerId}\n${number}\n${hash}\n`;
  const signature = sign(null, Buffer.from(message), key);
  return { number, hash, signature, previousNumber: 0, previousHash: '' };
}

describe.skipIf(noBrowser)('runners in the console', () => {
  const view = useConsole();

  it('shows connected runners', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Runners' }).click();
    const row = view.page.getByRole('row').filter({ hasText: 'edge runner' });
    await row.getByText('Connected', { exact: true }).waitFor();
    expect(await row.innerText()).toMatch(/WebSocket[\s\S]*0\.1\.0[\s\S]*0 of 2/);
    expect(await row.innerText()).toMatch(/enrolled · /);
    await view.shot('runners');
    expect(view.problems).toEqual([]);
  });

  it('creates an enrollment token with the command that uses it', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Runners' }).click();
    await view.page.getByRole('button', { name: 'Enroll a runner' }).click();
    const dialog = view.page.getByRole('dialog');
    expect(await dialog.locator('#enroll-command').innerText()).toBe(
      `hybrid-runner enroll --url wss://localhost:${view.stage.port} --token-file -`,
    );
    expect(await dialog.locator('#enroll-token').innerText()).toMatch(/^hre_/);
    await view.shot('enroll');
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await view.page.getByRole('dialog').count()).toBe(0);
  });

  it('drains and resumes a runner', async () => {
    await view.stage.enroll('spare runner');
    await view.signIn();
    await view.page.getByRole('link', { name: 'Runners' }).click();
    const row = view.page.getByRole('row').filter({ hasText: 'spare runner' });
    await row.getByRole('button', { name: 'Drain' }).click();
    await row.getByRole('button', { name: 'Resume' }).click();
    await row.getByRole('button', { name: 'Drain' }).waitFor();
    expect(view.problems).toEqual([]);
  });

  it('shows that two processes use one identity, with the remedy', async () => {
    const cloned = await view.stage.enroll('cloned runner');
    const features = ['zstd', 'identity-check'];
    const { connection: original } = await connect('ws', view.stage, cloned, {
      bootId: 'original',
      features,
    });
    const copy = await dial('ws', view.stage);
    await sayHello(copy, cloned, view.stage, { bootId: 'copy', features });
    const { number } = await original.take<{ number: number }>('identityCheck');
    original.send('heartbeat', {
      number: 1,
      leases: [],
      running: 0,
      capacity: 2,
      identityCheck: number,
    });
    expect(await copy.take('refusal')).toMatchObject({ code: 'IDENTITY_IN_USE', permanent: false });
    await view.signIn();
    await view.page.getByRole('link', { name: 'Runners' }).click();
    const row = view.page.getByRole('row').filter({ hasText: 'cloned runner' });
    await row.getByText('Identity in use twice', { exact: true }).waitFor();
    await row.getByText('hybrid-runner enroll --replace').waitFor();
    await view.shot('runner-cloned');
    original.close();
    copy.close();
    await view.stage.api.post(`/api/v1/runners/${cloned.runnerId}/revoke`);
  });

  it('ends the alarm about an audit trail, also of a runner that was revoked because of it', async () => {
    const identity = await view.stage.enroll('altered runner');
    const { connection } = await connect('ws', view.stage, identity, {
      features: ['zstd', 'audit-heads'],
    });
    for (const number of [5, 3]) connection.send('auditHead', headOf(identity, number));
    await view.signIn();
    await view.page.getByRole('link', { name: 'Runners' }).click();
    const row = view.page.getByRole('row').filter({ hasText: 'altered runner' });
    await row.getByText('Audit trail changed', { exact: true }).waitFor();
    await view.stage.api.post(`/api/v1/runners/${identity.runnerId}/revoke`);
    await row.getByText('Revoked', { exact: true }).waitFor();
    view.page.once('dialog', (dialog) => void dialog.accept());
    const acknowledge = row.getByRole('button', { name: 'Acknowledge' });
    await acknowledge.click();
    await acknowledge.waitFor({ state: 'detached' });
    expect(await row.getByRole('button').count()).toBe(0);
    connection.close();
  });
});
