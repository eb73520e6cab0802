import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutcomeRecord, RunRecord } from '../../foundation/src/domain/record.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { SpoolReader } from '../../src/spool/reader.ts';
import { recover } from '../../src/spool/recover.ts';
import { createAuthority } from '../support/certificates.ts';
import { blocksOf, ExtendedCopy } from '../support/documented-extension.ts';

const HOST = 'inventory.example';
const TOKEN = 'a-token-of-the-inventory';
const TABLES = { tables: [{ name: 'bolts', columns: ['length', 'thread'] }] };

const blocks = blocksOf('docs/extending.md');
let copy: ExtendedCopy;
let server: Server;

beforeAll(async () => {
  copy = new ExtendedCopy();
  const authority = await createAuthority();
  const { certPem, keyPem } = await authority.issue([HOST]);
  server = createServer({ cert: certPem, key: keyPem }, ({ url, headers }, response) => {
    const permitted = headers.authorization === `Bearer ${TOKEN}`;
    response.writeHead(permitted && url === '/tables' ? 200 : 401).end(JSON.stringify(TABLES));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  writeFile('ca.pem', authority.caPem);
});
afterAll(() => {
  server.close();
  copy.remove();
});

function writeFile(name: string, content: unknown): string {
  const path = join(copy.path, name);
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const workflow = {
  source: {
    type: 'inventory',
    serviceName: 'warehouse',
    serviceConnection: {
      config: { type: 'Inventory', hostPort: `${HOST}:443`, token: 'secret:/inventory/token' },
    },
    sourceConfig: { config: {} },
  },
  workflowConfig: {},
};

/** Configuration, policy and secret of a runner in the copy. */
function install(): string {
  const { port } = server.address() as AddressInfo;
  const policyFile = writeFile('policy.yaml', {
    version: 1,
    secrets: [{ ref: '/inventory/*', connector: 'inventory', fields: ['token'], hosts: [HOST] }],
    inventory: { reservePercent: 0 },
  });
  return writeFile('runner.yaml', {
    name: 'extended',
    stateDir: join(copy.path, 'state'),
    policyFile,
    secrets: { jsonFile: { path: writeFile('secrets.json', { '/inventory/token': TOKEN }) } },
    network: {
      connectTo: [`${HOST}:443=127.0.0.1:${port}`],
      caFile: join(copy.path, 'ca.pem'),
    },
  });
}

/** Runs a job of the kind in a worker process, as the link does, and reads its records. */
async function runJob(kind: string): Promise<RunRecord[]> {
  const { port } = server.address() as AddressInfo;
  const directory = join(copy.path, 'attempt');
  mkdirSync(directory);
  const worker = fork(join(copy.path, 'src/worker/main.ts'), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(worker, 'message');
  worker.send({
    type: 'start',
    directory,
    segmentBytes: 1024 * 1024,
    paused: false,
    settings: {
      policyFile: join(copy.path, 'policy.yaml'),
      log: { level: 'error' },
      network: {
        noProxy: [],
        connectTo: [{ from: { host: HOST, port: 443 }, to: { host: '127.0.0.1', port } }],
        caFile: join(copy.path, 'ca.pem'),
      },
      secrets: {
        vault: { file: join(copy.path, 'vault.json'), keyFile: join(copy.path, 'vault.key') },
        files: {},
        environment: { enabled: false },
        jsonFile: { path: join(copy.path, 'secrets.json') },
        mounts: [],
      },
    },
    job: {
      ref: { runId: 'r', attempt: 1, epoch: 1 },
      kind,
      workflow: JSON.stringify(workflow),
      deadlineMs: 60_000,
    },
  });
  await once(worker, 'exit');
  const reader = new SpoolReader({
    disk: nodeDisk,
    directory,
    found: await recover(nodeDisk, directory),
  });
  const batch = await reader.read(1, 1_000_000);
  await reader.close();
  return batch!.lines.map((line) => JSON.parse(Buffer.from(line).toString()) as RunRecord);
}

describe('docs/extending.md', () => {
  it('is right that a connector without a job kind does not compile', async () => {
    copy.apply(blocks.find(({ path }) => path === 'foundation/src/domain/job.ts')!);
    const { code, output } = await copy.compile();
    expect(code).not.toBe(0);
    expect(output).toContain('src/connectors/salesforce/connector.ts');
    expect(output).toContain('count_tables');
  });

  it('adds a connector, a provider and a job kind that compile', async () => {
    for (const block of blocks)
      if (block.path !== 'foundation/src/domain/job.ts') copy.apply(block);
    expect(await copy.compile()).toEqual({ code: 0, output: '' });
  });

  it('adds a provider that passes the contract suite', async () => {
    const { code, output } = await copy.test('test/contract/secret-provider.contract.test.ts');
    expect(output).toContain('passed');
    expect(code, output).toBe(0);
  });

  it('adds a provider whose setting the configuration has', async () => {
    const config = install();
    const { output } = await copy.call('config', 'show', '--json', '--config', config);
    expect(JSON.parse(output)).toMatchObject({
      settings: expect.arrayContaining([
        expect.objectContaining({
          key: 'secrets.jsonFile.path',
          value: join(copy.path, 'secrets.json'),
          environment: 'HYBRID_RUNNER_SECRETS_JSON_FILE_PATH',
        }),
      ]),
    });
  });

  it('adds a connector that an ingestion runs', async () => {
    const out = join(copy.path, 'records.jsonl');
    const { code, output } = await copy.call(
      'ingest',
      '--config',
      install(),
      '--out',
      out,
      '--workflow',
      writeFile('workflow.json', workflow),
    );
    expect(code, output).toBe(0);
    const records = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunRecord);
    expect(records.flatMap((record) => (record.kind === 'entity' ? [record.fqn] : []))).toEqual([
      'warehouse',
      'warehouse.default',
      'warehouse.default.inventory',
      'warehouse.default.inventory.bolts',
    ]);
    expect(records.at(-1)).toMatchObject({ status: 'success', counts: { objects: 1 } });
    expect(output).not.toContain(TOKEN);
  });

  it('adds a connector whose error has its own exit code', async () => {
    const config = install();
    writeFile('secrets.json', { '/inventory/token': 'another-token' });
    const { code, output } = await copy.call(
      'test-connection',
      '--config',
      config,
      '--workflow',
      writeFile('workflow.json', workflow),
    );
    expect(output).toContain('✗ GetTables: the token was rejected');
    expect(code, output).toBe(5);
  });

  it('adds a job kind that a worker process runs', async () => {
    install();
    const records = await runJob('count_tables');
    expect(records[0]).toMatchObject({ kind: 'step', name: 'CountTables', message: '1' });
    expect(records.at(-1) as OutcomeRecord).toMatchObject({ kind: 'outcome', status: 'success' });
  });
});
