import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../../../demo/control-plane-client.ts';
import { runnerProgram, Stage } from '../../support/stage.ts';

const TIMEOUT = 300_000;
const SERVICE = '/api/v1/services/sandbox';
const PIPELINE = '/api/v1/pipelines/metadata';

let stage: Stage;
let key: string;

beforeAll(async () => {
  stage = await Stage.open({
    objects: 30,
    latencyMs: 2,
    controlPlaneArgs: ['--max-attempts', '1'],
  });
  key = join(stage.place.directory, 'jobs.pem');
  const made = await program('jobs', 'keygen', '--out', key, '--json');
  const { name, publicKey } = JSON.parse(made) as { name: string; publicKey: string };
  const file = join(stage.place.directory, 'policy.yaml');
  const policy = JSON.parse(readFileSync(file, 'utf8')) as object;
  const jobs = { signatures: 'required', keys: [{ name, publicKey }], pools: ['default'] };
  writeFileSync(file, JSON.stringify({ ...policy, jobs }), { mode: 0o600 });
  await stage.startRunner();
}, TIMEOUT);
afterAll(() => stage.close(), TIMEOUT);

async function program(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [runnerProgram, ...args]);
  return stdout;
}

/** Signs what the control plane has, as an administrator does on another machine. */
async function sign(path: string, ...more: readonly string[]): Promise<void> {
  const file = join(stage.place.directory, 'workflow.json');
  const document = await stage.client.call<object>('GET', `${path}/workflow`);
  writeFileSync(file, JSON.stringify(document));
  const args = ['--workflow', file, '--key', key, '--valid-for', '1h', ...more];
  const signature = (await program('jobs', 'sign', ...args)).trim();
  await stage.client.call('PUT', `${path}/signature`, { signature });
}

const ingest = async (): Promise<Run> => stage.ended(await stage.startRun());
const test = async (): Promise<Run> => {
  const { id } = await stage.client.call<Run>('POST', `${SERVICE}/test-connection`);
  return stage.ended(id);
};
const signIns = async (): Promise<number> =>
  (await stage.admin<{ logins: number }>('GET', '/stats')).logins;

describe('a runner whose policy requires signatures', { timeout: TIMEOUT }, () => {
  it('takes no job that is not signed, and does not sign in for it', async () => {
    expect((await ingest()).error).toMatchObject({ code: 'JOB_UNSIGNED' });
    expect((await test()).error).toMatchObject({ code: 'JOB_UNSIGNED' });
    expect(await signIns()).toBe(0);
  });

  it('runs a signed pipeline as often as its signature is valid', async () => {
    await sign(PIPELINE, '--pool', 'default');
    expect([(await ingest()).state, (await ingest()).state]).toEqual(['success', 'success']);
    expect((await test()).error).toMatchObject({ code: 'JOB_UNSIGNED' });
  });

  it('tests the connection of a signed service', async () => {
    await sign(SERVICE, '--pool', 'default', '--kind', 'test_connection');
    expect((await test()).state).toBe('success');
  });

  it('takes no job that is signed for another runner', async () => {
    await sign(PIPELINE, '--runner', 'b'.repeat(64));
    expect((await ingest()).error).toMatchObject({ code: 'JOB_AUDIENCE_OTHER' });
  });

  it('runs what is signed for its own key, which the control plane cannot choose', async () => {
    const status = await program('status', '--json', '--config', stage.place.configFile);
    const { fingerprint } = JSON.parse(status) as { readonly fingerprint: string };
    await sign(PIPELINE, '--runner', fingerprint);
    expect((await ingest()).state).toBe('success');
  });

  it('takes no job that the control plane has changed, and does not sign in for it', async () => {
    await sign(PIPELINE, '--pool', 'default');
    const before = await signIns();
    const { type, connection, runner, pool } = await stage.client.call<{
      type: string;
      connection: object;
      runner: null;
      pool: null;
    }>('GET', SERVICE);
    const changed = { type, runner, pool, connection: { ...connection, username: 'admin@acme' } };
    await stage.client.call('PUT', SERVICE, changed, { 'if-match': '*' });
    expect((await ingest()).error).toMatchObject({
      code: 'JOB_CONTENT_DIFFERS',
      message: 'the job differs from what was signed, at source.serviceConnection.config.username',
    });
    expect(await signIns()).toBe(before);
    expect(stage.runner.output).not.toContain('worker ended without an outcome');
  });

  it('has recorded who signed what ran, in a trail that is valid', async () => {
    const verified = await program('audit', 'verify', '--config', stage.place.configFile);
    expect(verified).toMatch(/^valid: /m);
    const directory = join(stage.stateDir, 'audit');
    const trail = readdirSync(directory)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFileSync(join(directory, name), 'utf8'));
    const signed = /"decision":"allow","event":"jobSignature",.*"key":"jobs","keyId":/;
    expect(trail.join('')).toMatch(signed);
  });
});
