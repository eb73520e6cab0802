import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProgram } from '../program.ts';
import { eventually, temporaryFolder } from '../stage.ts';
import { BASE, basic, ingestionPipeline, openOpenMetadata, runCommand } from './stage.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const SERVER = ['--server', 'https://catalog.acme.example/api'];

describe('beside a running control plane', () => {
  it('knows its address and its CA', async () => {
    const program = await startProgram(folder.path);
    const text = await runCommand(folder.path, ['add', '--name', 'prod', ...SERVER]);
    await program.end('SIGKILL');
    expect(text).toContain(`PIPELINE_SERVICE_CLIENT_ENDPOINT=https://127.0.0.1:${program.port}\n`);
    expect(text).toContain(
      `keytool -importcert -noprompt -alias control-plane -file ${folder.path}`,
    );
  });

  it('adds and removes endpoints that count at the next call', async () => {
    const om = await openOpenMetadata();
    const { user, password } = JSON.parse(
      await om.command('add', '--name', 'test', ...SERVER, '--json'),
    ) as { user: string; password: string };
    const authorization = basic(user, password);
    const health = async (): Promise<number> =>
      (await om.call('GET', `${BASE}/health-auth`, { authorization })).status;
    expect(await health()).toBe(200);
    await om.command('remove', '--name', 'test');
    expect(await health()).toBe(401);
    await om.close();
  });

  it('removes deployments only with --force, then everything', async () => {
    const om = await openOpenMetadata();
    await om.post('deploy', ingestionPipeline());
    await eventually(async () => (await om.stage.api.get('/api/v1/services/sales')).status === 200);
    expect(await om.command('show', '--name', 'prod')).toMatch(
      /Deployed pipelines:\n {2}sales\.nightly {2}pool default {2}\S.*\n/,
    );
    await expect(om.command('remove', '--name', 'prod')).rejects.toThrow('1 deployed pipelines');
    expect(await om.command('remove', '--name', 'prod', '--force')).toBe('removed prod\n');
    expect((await om.stage.api.get('/api/v1/services/sales')).status).toBe(404);
    expect((await om.get('health-auth')).status).toBe(401);
    await om.close();
  });
});
