import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { program as runnerProgram } from '../../cli/command-line.ts';
import { entitiesOf, type Ingestion, type LocalRunner } from '../../support/local-runner.ts';
import { OpenMetadataScene, TOKEN } from '../../support/openmetadata-scene.ts';
import type { OpenMetadataServer } from '../../support/openmetadata-server/server.ts';
import { Program } from '../../support/program.ts';

const OBJECTS = 12;
const TIMEOUT = 300_000;

let sandbox: Sandbox;
let scene: OpenMetadataScene;
let server: OpenMetadataServer;
let runner: LocalRunner;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: OBJECTS });
}, TIMEOUT);
afterAll(() => sandbox.close());

beforeEach(async () => {
  scene = await OpenMetadataScene.open(sandbox);
  ({ server, runner } = scene);
}, TIMEOUT);
afterEach(() => scene.close(), TIMEOUT);

const workflow: OpenMetadataScene['workflow'] = (...args) => scene.workflow(...args);

/**
 * Requests that change something. A profile says how things were at one time, so there is a new one
 * each time.
 */
const writes = (): string[] =>
  server.requests.filter(
    (title) => !title.startsWith('GET ') && !/pipelineStatus$|tableProfile$/.test(title),
  );
const statuses = (): unknown[] => scene.statuses();
const names = (): string[] =>
  server.store
    .all('table')
    .map(({ fullyQualifiedName }) => fullyQualifiedName)
    .sort();
const expected = (): string[] =>
  sandbox.org
    .list()
    .map(({ name }) => `crm.default.salesforce.${name}`)
    .sort();
const errorOf = ({ outcome }: Ingestion): string | undefined => outcome?.error?.code;

describe('ingest into an OpenMetadata server', { timeout: TIMEOUT }, () => {
  it('writes the whole org, reports the status, and keeps the records in a file', async () => {
    const { code, stdout, stderr, records, outcome } = await runner.ingest(workflow());
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(server.hostPort);
    expect(names()).toEqual(expected());
    expect(entitiesOf(records).filter(({ type }) => type === 'table')).toHaveLength(OBJECTS);
    expect(outcome).toMatchObject({
      status: 'success',
      counts: { written: OBJECTS + 3, failures: 0 },
      steps: [{ name: 'Salesforce' }, { name: 'OpenMetadata', errors: 0 }],
    });
    expect(statuses()).toEqual(['running', 'success']);
  });

  it('sends only what has changed', async () => {
    await runner.ingest(workflow());
    server.requests.length = 0;
    const second = await runner.ingest(workflow());
    expect(second.outcome).toMatchObject({ status: 'success', counts: { unchanged: OBJECTS + 3 } });
    expect(writes()).toEqual([]);
    sandbox.org.edit({
      kind: 'addField',
      object: 'Account',
      field: { name: 'Later__c', type: 'string' },
    });
    const third = await runner.ingest(workflow());
    expect(third.outcome?.counts).toMatchObject({ written: expect.any(Number) as number });
    expect(third.outcome!.counts['written']!).toBeLessThan(5);
    expect(JSON.stringify(server.store.get('table', 'crm.default.salesforce.Account'))).toContain(
      'Later__c',
    );
  });

  it('sends the token only to the server', async () => {
    const { stdout, stderr } = await runner.ingest(workflow(), '--json');
    const kept = [
      join(runner.place.directory, 'results.jsonl'),
      join(runner.place.directory, 'workflow.json'),
    ].map((path) => readFileSync(path, 'utf8'));
    expect([stdout, stderr, ...kept].filter((text) => text.includes(TOKEN))).toEqual([]);
  });

  it('requires no file of records', async () => {
    const path = runner.place.file('workflow.json', JSON.stringify(workflow()));
    const { code, stdout } = await runner.place.call(['ingest', '--workflow', path]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^success in /);
    expect(names()).toEqual(expected());
  });

  it('succeeds with a server that is sometimes busy', async () => {
    server.faults.push(
      { on: /^PUT \/services/, status: 503 },
      { on: /^PUT \/databases$/, status: 429, headers: { 'retry-after': '0' } },
      { on: /^PUT \/tables\/bulk$/, status: 503 },
      { on: /^PUT \/tables\/bulk$/, reset: 'after' },
      { on: /pipelineStatus$/, status: 429, headers: { 'retry-after': '1' } },
    );
    const { code, outcome } = await runner.ingest(workflow());
    expect(code).toBe(0);
    expect(outcome).toMatchObject({ status: 'success', counts: { failures: 0 } });
    expect(server.faults).toEqual([]);
    expect(names()).toEqual(expected());
    expect(statuses()).toEqual(['running', 'success']);
  });
});

describe('ingest with a server that rejects requests', { timeout: TIMEOUT }, () => {
  const reject = (...some: readonly string[]): void => {
    server.state.bulk = false;
    for (const name of some)
      server.faults.push({
        on: /^PUT \/tables$/,
        body: new RegExp(`^\\{"name":"${name}"`),
        status: 400,
        times: 10,
      });
  };

  it('is a partial success that lists what is missing', async () => {
    reject('ContactFeed', 'UserFeed');
    const { code, outcome } = await runner.ingest(workflow());
    expect(code).toBe(0);
    expect(outcome).toMatchObject({ status: 'partialSuccess', counts: { objects: OBJECTS } });
    const missing = expected().filter((name) => !names().includes(name));
    expect(missing).toEqual([
      'crm.default.salesforce.ContactFeed',
      'crm.default.salesforce.UserFeed',
    ]);
    expect(outcome!.failures).toEqual(
      expect.arrayContaining(
        missing.map((name) => expect.objectContaining({ name, code: 'SINK_REJECTED' }) as unknown),
      ),
    );
    expect(outcome!.steps[1]).toMatchObject({
      name: 'OpenMetadata',
      errors: outcome!.counts['failures'],
    });
    expect(statuses()).toEqual(['running', 'partialSuccess']);
  });

  it('fails if more is missing than the threshold allows', async () => {
    reject(...sandbox.org.list().map(({ name }) => name));
    const { code, outcome } = await runner.ingest(workflow());
    expect(code).toBe(1);
    expect(outcome?.status).toBe('failed');
    expect(outcome!.counts['failures']!).toBeGreaterThanOrEqual(OBJECTS);
    expect(statuses()).toEqual(['running', 'failed']);
  });

  it('fails with a code if the token is rejected', async () => {
    server.tokens.clear();
    const run = await runner.ingest(workflow());
    expect(run.outcome?.status).toBe('failed');
    expect(errorOf(run)).toBe('SINK_UNAUTHORIZED');
    expect(run.code).toBe(3);
    expect(run.stderr).toContain('SINK_UNAUTHORIZED');
  });

  it('reports an interrupted run as stopped', async () => {
    server.faults.push({ on: /^PUT \/tables\/bulk$/, hang: true, times: 10 });
    const path = runner.place.file('workflow.json', JSON.stringify(workflow()));
    const program = Program.start([
      runnerProgram,
      'ingest',
      '--workflow',
      path,
      '--config',
      runner.place.config,
    ]);
    await expect.poll(() => server.requests, { timeout: 240_000 }).toContain('PUT /tables/bulk');
    await program.end('SIGINT');
    expect(program.exitCode, program.output).toBe(130);
    expect(statuses()).toEqual(['running', 'stopped']);
  });

  it('reports a failed sign-in to the server', async () => {
    const document = workflow() as {
      source: { serviceConnection: { config: Record<string, unknown> } };
    } & Record<string, unknown>;
    document.source.serviceConnection.config['username'] = 'nobody@acme.example';
    const run = await runner.ingest(document);
    expect(errorOf(run)).toBe('SALESFORCE_LOGIN_FAILED');
    expect(run.code).toBe(5);
    expect(statuses()).toEqual(['failed']);
    expect(writes()).toEqual([]);
  });
});
