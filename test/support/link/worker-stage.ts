import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunId } from '../../../foundation/src/domain/ids.ts';
import type { Job } from '../../../foundation/src/domain/job.ts';
import type { SpoolOutbox } from '../../../src/link/outbox/spool-outbox.ts';
import {
  openOutboxStore,
  type OutboxStoreOptions,
  type SpoolOutboxStore,
} from '../../../src/link/outbox/spool-outbox-store.ts';
import {
  createStartWorker,
  type StartWorkerOptions,
} from '../../../src/link/workers/start-worker.ts';
import type { WorkerHandle } from '../../../src/link/workers/worker-handle.ts';
import { silentLogger, type LogData, type Logger } from '../../../foundation/src/logging/logger.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';

const entry = join(import.meta.dirname, '../worker-program.ts');

/**
 * Real worker processes that run test/support/worker-program.ts, over a store in a temporary
 * directory.
 */
export class WorkerStage {
  readonly stateDir: string;
  store: SpoolOutboxStore;
  readonly logged: { level: string; message: string; data: LogData | undefined }[] = [];
  readonly logger: Logger = {
    log: (level, message, data) => void this.logged.push({ level, message, data }),
    child: () => this.logger,
  };
  readonly #started: WorkerHandle[] = [];

  private constructor(stateDir: string, store: SpoolOutboxStore) {
    this.stateDir = stateDir;
    this.store = store;
  }

  static async open(): Promise<WorkerStage> {
    const stateDir = await mkdtemp(join(tmpdir(), 'workers-'));
    return new WorkerStage(stateDir, await openStore(stateDir, { maxBytes: 100_000 }));
  }

  async reopen(options: Partial<OutboxStoreOptions> = {}): Promise<void> {
    await this.store.close();
    this.store = await openStore(this.stateDir, options);
  }

  /** Starts a worker with a behavior of the worker program. */
  async start(
    behavior: string,
    options: Partial<StartWorkerOptions> = {},
  ): Promise<{ worker: WorkerHandle; outbox: SpoolOutbox }> {
    const job = jobFor('run-1', behavior);
    const outbox = await this.store.create(job);
    const start = createStartWorker({
      store: this.store,
      entry,
      settings: {},
      logger: this.logger,
      clock: systemClock,
      env: process.env,
      ...options,
    });
    const worker = await start(job, outbox);
    this.#started.push(worker);
    return { worker, outbox };
  }

  get messages(): string[] {
    return this.logged.map(({ message }) => message);
  }

  async close(): Promise<void> {
    for (const worker of this.#started) {
      worker.kill();
      await worker.exited;
    }
    await this.store.close();
    await rm(this.stateDir, { recursive: true });
  }
}

export function jobFor(runId: string, workflow: string): Job {
  const ref = { runId: runId as RunId, attempt: 1, epoch: 1 };
  return { ref, kind: 'metadata', workflow, deadlineMs: 1000 };
}

export async function untilDurable(outbox: SpoolOutbox, sequence: number): Promise<void> {
  while (outbox.durable().sequence < sequence) await outbox.changed(AbortSignal.timeout(240_000));
}

export async function linesOf(outbox: SpoolOutbox): Promise<string[]> {
  const batch = await outbox.read(1, 1_000_000);
  return (batch?.lines ?? []).map((line) => Buffer.from(line).toString().trim());
}

function openStore(
  stateDir: string,
  options: Partial<OutboxStoreOptions>,
): Promise<SpoolOutboxStore> {
  return openOutboxStore({ stateDir, clock: systemClock, logger: silentLogger, ...options });
}
