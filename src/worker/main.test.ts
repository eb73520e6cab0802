import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutcomeRecord } from '../../foundation/src/domain/record.ts';
import type { FromWorker, ToWorker } from '../../foundation/src/runtime/worker-messages.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { SpoolReader } from '../spool/reader.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { recover } from '../spool/recover.ts';

const PASSWORD = 'correct-horse-battery';
const host = 'acme.my.salesforce.com';

/** Takes connections and never says a word. */
let silent: Server;
const sockets = new Set<Socket>();
let reached: Promise<void>;
let directory: string;
let worker: ChildProcess;
let received: FromWorker[];

beforeAll(async () => {
  silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined))).listen(
    0,
    '127.0.0.1',
  );
  await once(silent, 'listening');
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'worker-'));
  await writeFile(
    join(directory, 'policy.yaml'),
    JSON.stringify({
      version: 1,
      plainTextSecrets: 'allow',
      network: { allow: [host] },
      secrets: [],
    }),
    { mode: 0o600 },
  );
  reached = once(silent, 'connection').then(() => undefined);
  worker = fork(join(import.meta.dirname, 'main.ts'), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  received = [];
  worker.on('message', (message) => received.push(message as FromWorker));
  await once(worker, 'message');
});
afterEach(async () => {
  if (worker.exitCode === null && worker.signalCode === null) {
    worker.kill('SIGKILL');
    await once(worker, 'exit');
  }
  await rm(directory, { recursive: true });
});

function tell(message: ToWorker): void {
  worker.send(message);
}

function start(
  workflow: unknown,
  policyFile = join(directory, 'policy.yaml'),
  spool = directory,
): void {
  const { port } = silent.address() as AddressInfo;
  const settings = {
    policyFile,
    log: { level: 'debug' },
    network: {
      noProxy: [],
      connectTo: [{ from: { host, port: 443 }, to: { host: '127.0.0.1', port } }],
    },
    secrets: {
      vault: { file: join(directory, 'vault'), keyFile: join(directory, 'key') },
      files: {},
      environment: { enabled: false },
      mounts: [],
    },
  };
  tell({
    type: 'start',
    directory: spool,
    segmentBytes: 8 * 1024 * 1024,
    settings,
    paused: false,
    job: {
      ref: { runId: 'r' as never, attempt: 1, epoch: 1 },
      kind: 'metadata',
      workflow: JSON.stringify(workflow),
      deadlineMs: 60_000,
    },
  });
}

const workflow = {
  source: {
    type: 'salesforce',
    serviceName: 'crm',
    sourceConfig: { config: {} },
    serviceConnection: {
      config: {
        type: 'Salesforce',
        username: 'me@acme.com',
        password: PASSWORD,
        securityToken: 'tokentokentoken',
        salesforceDomain: 'acme.my',
      },
    },
  },
  workflowConfig: { loggerLevel: 'DEBUG' },
};

async function outcome(spool = directory): Promise<OutcomeRecord> {
  await once(worker, 'exit');
  const found = await recover(nodeDisk, spool);
  expect(found.complete).toBe(true);
  const reader = new SpoolReader({ disk: nodeDisk, directory: spool, found });
  const batch = await reader.read(1, 1_000_000);
  await reader.close();
  return JSON.parse(Buffer.from(batch!.lines.at(-1)!).toString()) as OutcomeRecord;
}

async function receivedOf(type: FromWorker['type']): Promise<void> {
  while (!received.some((message) => message.type === type)) await once(worker, 'message');
}

/** Only root may give a test a disk of its own. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

describe('the worker program', () => {
  it('reports an unreadable job, reports when that is durable, and exits with 0', async () => {
    start({ nothing: true });
    expect(await outcome()).toMatchObject({ status: 'failed', error: { code: 'JOB_INVALID' } });
    expect(worker.exitCode).toBe(0);
    expect(received.filter(({ type }) => type === 'durable').at(-1)).toMatchObject({
      sequence: 1,
      complete: true,
    });
  });

  it('does nothing without a policy', async () => {
    start(workflow, join(directory, 'no-policy.yaml'));
    expect(await outcome()).toMatchObject({ status: 'failed', error: { code: 'POLICY_DENIED' } });
  });

  it('refuses a reference in a field that is not secret', async () => {
    const { source } = workflow;
    start({
      ...workflow,
      source: {
        ...source,
        serviceConnection: {
          config: { ...source.serviceConnection.config, username: 'secret:/a/b' },
        },
      },
    });
    expect(await outcome()).toMatchObject({
      status: 'failed',
      error: { code: 'SECRET_IN_PLAIN_FIELD' },
    });
  });

  it('does not use the sink in a job, nor its token', async () => {
    const securityConfig = { jwtToken: 'secret:/openmetadata/bot' };
    start({
      ...workflow,
      source: {
        ...workflow.source,
        sourceConfig: { config: { type: 'DatabaseMetadata', overrideMetadata: true } },
      },
      sink: { type: 'metadata-rest' },
      workflowConfig: {
        openMetadataServerConfig: { hostPort: 'https://catalog.test/api', securityConfig },
      },
    });
    await reached;
    tell({
      type: 'stop',
      status: 'cancelled',
      reason: { code: 'CANCELLED', message: 'enough', remedy: '', retryable: true },
    });
    expect(await outcome()).toMatchObject({ status: 'cancelled', steps: [{ name: 'Salesforce' }] });
    expect(JSON.stringify(received)).toContain("ignoring the workflow's sink");
    expect(JSON.stringify(received)).toContain('overrideMetadata has no effect');
    expect(JSON.stringify(received)).not.toContain('openmetadata/bot');
  });

  it('stops on request during its work, and writes no secret', async () => {
    start(workflow);
    await reached;
    tell({
      type: 'stop',
      status: 'cancelled',
      reason: { code: 'CANCELLED', message: 'enough', remedy: '', retryable: true },
    });
    expect(await outcome()).toMatchObject({
      status: 'cancelled',
      error: { code: 'CANCELLED', message: 'enough' },
    });
    expect(await readFile(join(directory, '00000000000000000001.seg'), 'latin1')).not.toContain(
      PASSWORD,
    );
    expect(JSON.stringify(received)).not.toContain(PASSWORD);
  });

  it.skipIf(process.platform === 'win32')('ignores signals; only the link stops it', async () => {
    start(workflow);
    await reached;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const) worker.kill(signal);
    tell({
      type: 'stop',
      status: 'interrupted',
      reason: { code: 'RUNNER_STOPPED', message: 'drained', remedy: '', retryable: true },
    });
    expect(await outcome()).toMatchObject({
      status: 'interrupted',
      error: { message: 'drained' },
    });
  });

  it.skipIf(!canMount)(
    'reports a full disk, waits, and reports when it has space again',
    async () => {
      const small = join(directory, 'small');
      await mkdir(small);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
      try {
        await expect(writeFile(join(small, 'filler'), Buffer.alloc(100_000))).rejects.toMatchObject(
          { code: 'ENOSPC' },
        );
        start({ nothing: true }, undefined, small);
        await receivedOf('condition');
        expect(received.find(({ type }) => type === 'condition')).toEqual({
          type: 'condition',
          code: 'DISK_FULL',
        });
        await rm(join(small, 'filler'));
        expect(await outcome(small)).toMatchObject({
          status: 'failed',
          error: { code: 'JOB_INVALID' },
        });
        expect(received.findLast(({ type }) => type === 'condition')).toEqual({
          type: 'condition',
        });
      } finally {
        execFileSync('umount', [small]);
      }
    },
  );

  it('exits when its lease expires, and logs the reason', async () => {
    start(workflow);
    await reached;
    tell({ type: 'lease', endsAt: systemClock.uptime() + 3_600_000 });
    const exit = once(worker, 'exit');
    tell({ type: 'lease', endsAt: systemClock.uptime() + 300 });
    expect((await exit)[0]).toBe(76);
    expect(received).toContainEqual(
      expect.objectContaining({
        type: 'log',
        level: 'warn',
        message: 'lease expired; worker exits',
      }),
    );
  });

  it('exits when the link exits', async () => {
    start(workflow);
    await reached;
    const exit = once(worker, 'exit');
    worker.disconnect();
    expect((await exit)[0]).toBe(75);
  });
});

describe.skipIf(process.platform !== 'linux')('a core dump of a worker', () => {
  it('holds no memory', async () => {
    expect(await readFile(`/proc/${worker.pid!}/coredump_filter`, 'utf8')).toBe('00000000\n');
  });
});
