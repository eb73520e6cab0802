import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlPlaneClient, type Run } from '../../../demo/control-plane-client.ts';
import type { ControlPlane } from '../../../demo/setup.ts';
import type { RunRecord } from '../../../foundation/src/domain/record.ts';
import { blocksOf, ExtendedCopy } from '../../support/documented-extension.ts';
import { startHttpsServer, type HttpsServer } from '../../support/https-server.ts';
import { Program } from '../../support/program.ts';

const TOKEN = 'a-token-of-the-inventory';
const KEEPER_TOKEN = 'a-token-of-the-keeper';
const TABLES = ['bolts', 'screws'].map((name) => ({ name, columns: ['length', 'thread'] }));

const JOB_KINDS = 'foundation/src/domain/job.ts';
const blocks = blocksOf('docs/extending.md');
let copy: ExtendedCopy;
let server: HttpsServer;
/** Each request, as host and path. */
const requests: string[] = [];
let storedToken = TOKEN;
const programs: Program[] = [];

beforeAll(async () => {
  copy = new ExtendedCopy();
  const hosts = ['inventory.example', 'keeper.example'];
  server = await startHttpsServer(hosts, ({ url, headers }, response) => {
    const { host, authorization } = headers;
    requests.push(`${host}${url}`);
    const answer = answerOf(`${host}${url}`, authorization);
    response.writeHead(answer === undefined ? 401 : 200).end(JSON.stringify(answer));
  });
});
afterAll(async () => {
  for (const program of programs.toReversed()) await program.end('SIGTERM');
  server.close();
  copy.remove();
});

function answerOf(address: string, authorization: string | undefined): unknown {
  if (authorization === `Bearer ${TOKEN}` && address === 'inventory.example/tables')
    return { tables: TABLES };
  if (
    authorization === `Bearer ${KEEPER_TOKEN}` &&
    address === 'keeper.example/secrets/inventory/token'
  )
    return { value: storedToken };
  return undefined;
}

function inTry(name: string): string {
  return join(copy.path, 'try', name);
}

/** The files of "Try it", with the port of the test's server. */
function install(): string {
  mkdirSync(join(copy.path, 'try'), { recursive: true });
  for (const block of blocks.filter(({ kind }) => kind === 'yaml')) copy.apply(block);
  const config = inTry('runner.yaml');
  const text = readFileSync(config, 'utf8').replaceAll(':4430', `:${server.port}`);
  writeFileSync(config, text, { mode: 0o600 });
  writeFileSync(inTry('ca.pem'), server.caPem);
  writeFileSync(inTry('keeper-token'), KEEPER_TOKEN, { mode: 0o600 });
  return config;
}

function stepsOf(command: string): ReturnType<ExtendedCopy['call']> {
  return copy.call(command, '--config', install(), '--workflow', inTry('workflow.yaml'));
}

describe('docs/extending.md', () => {
  it('is right that the compiler rejects a connector without a job kind', async () => {
    copy.apply(blocks.find(({ path }) => path === JOB_KINDS)!);
    const { code, output } = await copy.compile();
    expect(code).not.toBe(0);
    expect(output).toContain('src/connectors/salesforce/connector.ts');
    expect(output).toContain('count_tables');
  });

  it('adds a connector, a provider and a job kind that compile', async () => {
    for (const block of blocks)
      if (block.path !== JOB_KINDS && block.kind !== 'yaml') copy.apply(block);
    copy.completeJobs();
    expect(await copy.compile()).toEqual({ code: 0, output: '' });
  });

  it('shows code as the formatter leaves it', async () => {
    const paths = new Set(blocks.filter(({ kind }) => kind !== 'yaml').map(({ path }) => path));
    const { code, output } = await copy.format([...paths]);
    expect(code, output).toBe(0);
  });

  it('adds parts that pass the contract suites and the house rules', async () => {
    const { code, output } = await copy.test(
      'test/contract/inventory.contract.test.ts',
      'test/contract/secret-provider.contract.test.ts',
      'test/house/architecture.test.ts',
      'test/house/code.test.ts',
      'test/house/connectors.test.ts',
      'test/house/function-length.test.ts',
      'test/house/job-kinds.test.ts',
      'test/house/secrets.test.ts',
    );
    expect(output).toContain('passed');
    expect(code, output).toBe(0);
  });

  it('adds a provider whose setting the configuration has', async () => {
    const { output } = await copy.call('config', 'show', '--json', '--config', install());
    expect(JSON.parse(output)).toMatchObject({
      settings: expect.arrayContaining([
        expect.objectContaining({
          key: 'secrets.keeper.url',
          value: 'https://keeper.example',
          environment: 'HYBRID_RUNNER_SECRETS_KEEPER_URL',
        }),
      ]),
    });
  });

  it('adds a connector and a provider that an ingestion uses', async () => {
    const config = install();
    const out = join(copy.path, 'records.jsonl');
    const workflow = inTry('workflow.yaml');
    requests.length = 0;
    const files = ['--config', config, '--out', out, '--workflow', workflow];
    const { code, output } = await copy.call('ingest', ...files);
    expect(code, output).toBe(0);
    expect(requests).toEqual([
      'keeper.example/secrets/inventory/token',
      'inventory.example/tables',
    ]);
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as RunRecord);
    expect(records.flatMap((record) => (record.kind === 'entity' ? [record.fqn] : []))).toEqual([
      'warehouse',
      'warehouse.default',
      'warehouse.default.inventory',
      'warehouse.default.inventory.bolts',
    ]);
    expect(records.at(-1)).toMatchObject({
      status: 'success',
      counts: { objects: 2, filtered: 1, apiCalls: 1 },
    });
    for (const token of [TOKEN, KEEPER_TOKEN]) expect(output + lines.join()).not.toContain(token);
  });

  it('adds a connector whose error has its own exit code', async () => {
    storedToken = 'an-expired-token';
    const { code, output } = await stepsOf('test-connection');
    storedToken = TOKEN;
    expect(output).toContain('✗ GetTables: the token was rejected');
    expect(code, output).toBe(5);
  });

  it('adds a job kind that a command runs', async () => {
    const { code, output } = await stepsOf('count-tables');
    expect(output).toContain('✓ CountTables: 2');
    expect(code, output).toBe(0);
  });

  it('adds a job kind that a control plane requests and a runner runs', async () => {
    const config = install();
    const client = await startControlPlane(config);
    const runner = Program.start([copy.program, 'run', '--config', config]);
    programs.push(runner);
    await client.call('PUT', '/api/v1/services/warehouse', {
      type: 'Inventory',
      connection: { hostPort: 'inventory.example:443', token: 'secret:/inventory/token' },
    });
    const { id } = await client.call<Run>('POST', '/api/v1/services/warehouse/jobs/count_tables');
    expect(await ended(client, id, runner)).toMatchObject({
      kind: 'count_tables',
      state: 'success',
      testConnection: { steps: [{ name: 'CountTables', passed: true, message: '2' }] },
    });
    client.close();
  });
});

/** Starts a control plane of the copy and enrolls the runner. */
async function startControlPlane(config: string): Promise<ControlPlaneClient> {
  const data = ['--data', inTry('control-plane'), '--port', '0'];
  const main = join(copy.path, 'control-plane/src/main.ts');
  const { program, ready } = await Program.startReady([main, ...data]);
  programs.push(program);
  const { url, console, caFile, adminTokenFile } = ready as unknown as ControlPlane;
  const [admin, ca] = [adminTokenFile, caFile].map((file) => readFileSync(file, 'utf8').trim());
  const client = new ControlPlaneClient(console, admin!, ca!);
  const { token } = await client.call<{ token: string }>('POST', '/api/v1/enrollment-tokens', {});
  writeFileSync(inTry('enrollment'), token, { mode: 0o600 });
  const options = ['--url', url, '--ca-file', caFile, '--token-file', inTry('enrollment')];
  const { code, output } = await copy.call('enroll', '--config', config, ...options);
  expect(code, output).toBe(0);
  return client;
}

/** The run, when it has ended. Throws with the output of the runner if that ends first. */
async function ended(client: ControlPlaneClient, id: string, runner: Program): Promise<Run> {
  for (;;) {
    const run = await client.call<Run>('GET', `/api/v1/runs/${id}`);
    if (['success', 'partialSuccess', 'failed', 'cancelled', 'expired'].includes(run.state))
      return run;
    if (runner.exitCode !== null) throw new Error(`the runner ended:\n${runner.output}`);
    await delay(50);
  }
}
