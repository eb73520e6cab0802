import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Json } from '../../../foundation/src/domain/json.ts';
import type { OutcomeRecord, RunRecord } from '../../../foundation/src/domain/record.ts';
import { Stage } from '../../support/stage.ts';
import { writeWorkflow } from '../../support/stage-workflow.ts';
import { Place, program, type Result } from '../../cli/command-line.ts';

const TIMEOUT = 300_000;
let stage: Stage;
let place: Place;

beforeAll(async () => {
  place = new Place();
  stage = await Stage.open({ objects: 20, latencyMs: 0 });
}, TIMEOUT);
afterAll(async () => {
  await stage.close();
  place.close();
}, TIMEOUT);

const workflow = (changes: Json = {}): string => writeWorkflow(stage, changes);

const call = (...args: string[]): Promise<Result> =>
  place.callBare([...args, '--config', stage.place.configFile]);
const recentRuns = async (): Promise<{ readonly run: string; readonly outcome: string }[]> =>
  (
    JSON.parse((await call('runs', '--json')).stdout) as {
      runs: { run: string; outcome: string }[];
    }
  ).runs;
const parseLines = (text: string): RunRecord[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunRecord);

describe('ingest without a control plane', { timeout: TIMEOUT }, () => {
  it('writes one record per line, the outcome last, readable only by the owner', async () => {
    const out = join(stage.place.directory, 'out.jsonl');
    const { code, stdout } = await call('ingest', '--workflow', workflow(), '--out', out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^success in [\d.]+ s: /);
    const records = parseLines(readFileSync(out, 'utf8'));
    const outcome = records.at(-1) as OutcomeRecord;
    expect(outcome).toMatchObject({
      kind: 'outcome',
      status: 'success',
      records: records.length - 1,
    });
    expect(
      records.filter((record) => record.kind === 'entity' && record.type === 'table'),
    ).toHaveLength(outcome.counts['objects']!);
    expect(statSync(out).mode & 0o777).toBe(0o600);
  });

  it('is listed with its log by `runs`, beside the runs of the service', async () => {
    const { stdout, stderr } = await call('ingest', '--workflow', workflow());
    const outcome = parseLines(stdout).at(-1) as OutcomeRecord;
    const [run] = await recentRuns();
    expect(run).toMatchObject({
      run: expect.stringMatching(/^local-/),
      kind: 'metadata',
      outcome: 'success',
      records: outcome.records,
      durationMs: expect.any(Number) as number,
    });
    const shown = await call('runs', 'show', run!.run, '--json');
    const { log } = JSON.parse(shown.stdout) as { log: { message: string }[] };
    expect(log.length).toBeGreaterThan(2);
    for (const { message } of log) expect(stderr).toContain(message);
  });

  it('is listed as interrupted by `runs` after kill -9', async () => {
    const args = ['ingest', '--workflow', workflow(), '--config', stage.place.configFile];
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(child, 'exit');
    // Nothing reads the output, so it cannot end before it is killed.
    await once(child.stdout, 'readable');
    expect((await recentRuns())[0]).toMatchObject({ outcome: 'running' });
    child.kill('SIGKILL');
    await exited;
    child.stdout.destroy();
    expect((await recentRuns())[0]).toMatchObject({ outcome: 'interrupted', durationMs: null });
  });

  it.each([
    ['-c, in YAML', (file: string) => ['-c', file]],
    ['--config, as users of OpenMetadata’s command', (file: string) => ['--config', file]],
  ])('takes the workflow after %s', async (_name, args) => {
    const file = join(stage.place.directory, 'as-in-openmetadata.yaml');
    writeFileSync(file, stringify(JSON.parse(readFileSync(workflow(), 'utf8'))));
    const env = { HYBRID_RUNNER_CONFIG: stage.place.configFile };
    const { code, stdout } = await place.callBare(['ingest', ...args(file)], { env });
    expect(code).toBe(0);
    expect(parseLines(stdout).at(-1)).toMatchObject({ kind: 'outcome', status: 'success' });
  });

  it('takes --config for its configuration beside -c, and for a file that is no workflow', async () => {
    expect(await call('test-connection', '-c', workflow())).toMatchObject({ code: 0 });
    const { code, stderr } = await call('ingest');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--workflow is missing')]);
  });

  it('prints only records on standard output, and no secret anywhere', async () => {
    const { code, stdout, stderr } = await call('ingest', '--workflow', workflow());
    expect(code).toBe(0);
    expect(parseLines(stdout).at(-1)).toMatchObject({ kind: 'outcome', status: 'success' });
    const { password, securityToken } = stage.sandbox.credentials;
    for (const secret of [password, securityToken]) expect(stdout + stderr).not.toContain(secret);
  });

  it('fails if its reader closes the pipe before the last record', async () => {
    const child = spawn(
      process.execPath,
      [program, 'ingest', '--workflow', workflow(), '--config', stage.place.configFile],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(75);
    expect(stderr).toContain('error SINK_FAILED: the reader closed the output');
    expect(stderr.match(/error SINK_FAILED/g)).toHaveLength(1);
  });

  it('exits with the code of the error, and prints the error', async () => {
    const { code, stderr } = await call(
      'ingest',
      '--workflow',
      workflow({ username: 'nobody@acme.example' }),
      '--out',
      join(stage.place.directory, 'failed.jsonl'),
    );
    expect(code).toBe(5);
    expect(stderr).toContain('error SALESFORCE_LOGIN_FAILED:');
  });

  it('does not send rejected credentials again, in this or a later run', async () => {
    const logins = async (): Promise<number> =>
      (await stage.admin<{ calls: Record<string, number> }>('GET', '/stats')).calls['soap'] ?? 0;
    const file = workflow({ username: 'locked@acme.example' });
    const before = await logins();
    for (let run = 0; run < 2; run++)
      expect((await call('test-connection', '--workflow', file)).code).toBe(5);
    const { stderr } = await call(
      'ingest',
      '--workflow',
      file,
      '--out',
      join(stage.place.directory, 'again.jsonl'),
    );
    expect(stderr).toContain('they are not sent again');
    expect((await logins()) - before).toBe(1);
  });

  it('rejects what the policy does not permit before it connects to any host', async () => {
    const { code, stderr } = await call(
      'test-connection',
      '--workflow',
      workflow({ salesforceDomain: 'evil.my' }),
    );
    expect([3, 5]).toContain(code);
    expect(stderr).toMatch(/error (?:SECRET_UNAVAILABLE|HOST_DENIED|POLICY_DENIED):/);
    rmSync(join(stage.place.directory, 'workflow.yaml'));
  });
});

describe('test-connection', { timeout: TIMEOUT }, () => {
  it('shows every step', async () => {
    const { code, stdout } = await call('test-connection', '--workflow', workflow());
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .every((line) => line.startsWith('✓ ')),
    ).toBe(true);
  });

  it('prints one JSON document with --json', async () => {
    const { code, stdout } = await call(
      'test-connection',
      '--workflow',
      workflow({ username: 'nobody@acme.example' }),
      '--json',
    );
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      error: { code: 'SALESFORCE_LOGIN_FAILED' },
      steps: [{ passed: false }],
    });
  });
});
