import { mkdtemp, readdir, rm } from 'node:fs/promises';
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
import { silentLogger } from '../../../foundation/src/logging/logger.ts';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { SpoolWriter, type WriterOptions } from '../../../src/spool/writer.ts';

export const stopped = new RunnerError('RUNNER_STOPPED', 'the runner was stopped').toFailure();
export const job: Job = {
  ref: { runId: 'run-1' as RunId, attempt: 1, epoch: 3 },
  kind: 'metadata',
  workflow: '{}',
  deadlineMs: 1000,
};

/** A store in a temporary state directory, and a writer in place of a worker. */
export class OutboxStage {
  readonly stateDir: string;
  store: SpoolOutboxStore;

  private constructor(stateDir: string, store: SpoolOutboxStore) {
    this.stateDir = stateDir;
    this.store = store;
  }

  static async open(): Promise<OutboxStage> {
    const stateDir = await mkdtemp(join(tmpdir(), 'outbox-'));
    return new OutboxStage(stateDir, await openStore(stateDir));
  }

  /** A second store over the same state directory. */
  openAgain(options: Partial<OutboxStoreOptions> = {}): Promise<SpoolOutboxStore> {
    return openStore(this.stateDir, options);
  }

  async reopen(options: Partial<OutboxStoreOptions> = {}): Promise<void> {
    await this.store.close();
    this.store = await this.openAgain(options);
  }

  get spool(): string {
    return join(this.stateDir, 'spool');
  }

  newWriter(outbox: SpoolOutbox, options: Partial<WriterOptions> = {}): SpoolWriter {
    const { directory } = outbox;
    return new SpoolWriter({
      disk: nodeDisk,
      directory,
      clock: systemClock,
      groupMs: 1,
      ...options,
    });
  }

  /** Writes as a worker does; with `report` also reports it. */
  async work(
    lines: readonly string[],
    { last, report }: { last: boolean; report: boolean },
  ): Promise<void> {
    const outbox = this.store.outboxOf(job.ref);
    const writer = this.newWriter(outbox);
    for (const [index, line] of lines.entries())
      await writer.append(Buffer.from(line), { last: last && index === lines.length - 1 }, NEVER);
    await writer.flush(NEVER);
    if (report) outbox.advance({ sequence: writer.durable, bytes: writer.bytes, complete: last });
    await writer.close();
  }

  async outcomeOf(sequence: number): Promise<Record<string, unknown>> {
    const batch = await this.store.outboxOf(job.ref).read(sequence, 1_000_000);
    if (batch?.last !== true) throw new Error('the batch contains no outcome');
    return JSON.parse(Buffer.from(batch.lines.at(-1)!).toString()) as Record<string, unknown>;
  }

  async close(): Promise<void> {
    await this.store.close();
    await rm(this.stateDir, { recursive: true });
  }
}

export async function segmentsOf({ directory }: SpoolOutbox): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.seg'));
}

function openStore(
  stateDir: string,
  options: Partial<OutboxStoreOptions> = {},
): Promise<SpoolOutboxStore> {
  return openOutboxStore({ stateDir, clock: systemClock, logger: silentLogger, ...options });
}
