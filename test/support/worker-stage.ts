import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { OutcomeRecord } from '../../foundation/src/domain/record.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import type { FromWorker, ToWorker } from '../../foundation/src/runtime/worker-messages.ts';
import { SpoolReader } from '../../src/spool/reader.ts';
import { recover } from '../../src/spool/recover.ts';
import { writeSettledPolicy } from './settled-policy.ts';

const PROGRAM = resolve(import.meta.dirname, '../../src/worker/main.ts');
const HOST = 'acme.my.salesforce.com';

export const WORKER_PASSWORD = 'correct-horse-battery';

export const workerWorkflow = {
  source: {
    type: 'salesforce',
    serviceName: 'crm',
    sourceConfig: { config: {} },
    serviceConnection: {
      config: {
        type: 'Salesforce',
        username: 'me@acme.com',
        password: WORKER_PASSWORD,
        securityToken: 'tokentokentoken',
        salesforceDomain: 'acme.my',
      },
    },
  },
  workflowConfig: { loggerLevel: 'DEBUG' },
};

/** A worker process without a link, and a server in place of Salesforce that never answers. */
export class WorkerStage {
  readonly directory: string;
  readonly worker: ChildProcess;
  readonly received: FromWorker[] = [];
  /** Resolves when the worker connects to Salesforce. */
  readonly reached: Promise<void>;
  readonly #silent: Server;
  readonly #sockets: Set<Socket>;

  private constructor(directory: string, silent: Server, sockets: Set<Socket>) {
    this.directory = directory;
    this.#silent = silent;
    this.#sockets = sockets;
    this.reached = once(silent, 'connection').then(() => undefined);
    this.worker = fork(PROGRAM, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.worker.on('message', (message) => this.received.push(message as FromWorker));
  }

  static async open(): Promise<WorkerStage> {
    const directory = await mkdtemp(join(tmpdir(), 'worker-'));
    const policy = {
      version: 1,
      plainTextSecrets: 'allow',
      network: { allow: [HOST] },
      secrets: [],
    };
    writeSettledPolicy(join(directory, 'policy.yaml'), policy);
    const sockets = new Set<Socket>();
    const silent = createServer(
      (socket) => void sockets.add(socket.on('error', () => undefined)),
    ).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const stage = new WorkerStage(directory, silent, sockets);
    await once(stage.worker, 'message');
    return stage;
  }

  send(message: ToWorker): void {
    this.worker.send(message);
  }

  start(
    workflow: unknown,
    policyFile = join(this.directory, 'policy.yaml'),
    spool = this.directory,
  ): void {
    const { port } = this.#silent.address() as AddressInfo;
    this.send({
      type: 'start',
      directory: spool,
      segmentBytes: 8 * 1024 * 1024,
      settings: {
        policyFile,
        log: { level: 'debug' },
        network: {
          noProxy: [],
          connectTo: [{ from: { host: HOST, port: 443 }, to: { host: '127.0.0.1', port } }],
        },
        secrets: {
          vault: { file: join(this.directory, 'vault'), keyFile: join(this.directory, 'key') },
          files: {},
          environment: { enabled: false },
          mounts: [],
        },
      },
      paused: false,
      job: {
        ref: { runId: 'r' as never, attempt: 1, epoch: 1 },
        kind: 'metadata',
        workflow: JSON.stringify(workflow),
        deadlineMs: 60_000,
      },
    });
  }

  /** The last record that the worker wrote, once it has exited. */
  async outcome(spool = this.directory): Promise<OutcomeRecord> {
    await once(this.worker, 'exit');
    const found = await recover(nodeDisk, spool);
    if (!found.complete) throw new Error('the worker wrote no outcome');
    const reader = new SpoolReader({ disk: nodeDisk, directory: spool, found });
    const batch = await reader.read(1, 1_000_000);
    await reader.close();
    return JSON.parse(Buffer.from(batch!.lines.at(-1)!).toString()) as OutcomeRecord;
  }

  async receivedOf(type: FromWorker['type']): Promise<void> {
    while (!this.received.some((message) => message.type === type))
      await once(this.worker, 'message');
  }

  async close(): Promise<void> {
    if (this.worker.exitCode === null && this.worker.signalCode === null) {
      this.worker.kill('SIGKILL');
      await once(this.worker, 'exit');
    }
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#silent.close(closed));
    await rm(this.directory, { recursive: true });
  }
}
