/*
 * The audit trail: one chain of lines in files below `audit/` of the state directory.
 *
 * What must never break:
 * 1. A line is written and fsynced before `record` resolves. Who cannot record does not act.
 * 2. Every line has the hash of the line before it, also across files and processes.
 * 3. Only the holder of the lock appends. Link, workers and commands all append to the same chain:
 *    a worker needs no other process to have its line durable, and a command needs no running
 *    service.
 * 4. A complete line is never changed. What a crash left of an incomplete one, which was never
 *    reported as durable, is replaced by the next writer's first line, which says so.
 * 5. Files are deleted only by age, after a line has recorded up to where.
 * 6. The name of a file is durable before a line in it is reported as durable.
 */
import { join } from 'node:path';
import type { AuditEvent, AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { type Logger, silentLogger } from '../../foundation/src/logging/logger.ts';
import { NEVER, untilAborted } from '../../foundation/src/runtime/abort.ts';
import { createDurably } from '../../foundation/src/runtime/atomic-write.ts';
import { removeFile } from '../../foundation/src/runtime/disk.ts';
import { localErrorFields } from '../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { SerialQueue } from '../../foundation/src/runtime/serial-queue.ts';
import { appendLines } from './append.ts';
import { type TrailFile, trailFile, trailFiles } from './files.ts';
import { assertSize, encodeAll, START } from './line.ts';
import { type TrailPlace, withTrailLock } from './lock.ts';
import { firstLine, readTail, type Tail } from './tail.ts';

export interface TrailOptions extends TrailPlace {
  readonly logger?: Logger;
  readonly maxFileBytes?: number;
  readonly keptMs?: number;
}

const MAX_FILE_BYTES = 16 * 1024 * 1024;
const KEPT_MS = 400 * 86_400_000;

export function auditDirectory(stateDir: string): string {
  return join(stateDir, 'audit');
}

export function createAuditTrail(options: TrailOptions): AuditTrail {
  return new FileAuditTrail(options);
}

interface Waiting {
  readonly event: AuditEvent;
  readonly resolve: () => void;
  readonly reject: (error: RunnerError) => void;
}

class FileAuditTrail implements AuditTrail {
  readonly #options: TrailOptions;
  readonly #queue = new SerialQueue();
  readonly #waiting = new Set<Waiting>();
  /** The file whose name this process knows to be durable. */
  #durableFile: string | undefined;

  constructor(options: TrailOptions) {
    this.#options = options;
  }

  async record(event: AuditEvent, signal: AbortSignal = NEVER): Promise<void> {
    try {
      assertSize(event);
    } catch (thrown) {
      throw unwritable(thrown);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { event, resolve, reject };
    this.#waiting.add(waiting);
    void this.#queue.run(() => this.#writeWaiting());
    try {
      await untilAborted(promise, signal);
    } finally {
      // One that was abandoned before the lock was free is not written.
      this.#waiting.delete(waiting);
    }
  }

  /** Events that arrive while others are written are written together. */
  async #writeWaiting(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const { directory, disk } = this.#options;
    let batch: readonly Waiting[] | undefined;
    const taken = (): readonly Waiting[] => {
      batch ??= [...this.#waiting];
      for (const each of batch) this.#waiting.delete(each);
      return batch;
    };
    try {
      await disk.makeDirectory(directory);
      await withTrailLock(this.#options, NEVER, () =>
        this.#appendAll(taken().map(({ event }) => event)),
      );
      for (const { resolve } of taken()) resolve();
    } catch (thrown) {
      const error = unwritable(thrown);
      for (const { reject } of taken()) reject(error);
    }
  }

  async #appendAll(events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    const { directory, disk, clock, maxFileBytes = MAX_FILE_BYTES } = this.#options;
    const files = await trailFiles(disk, directory);
    const tail = await readTail(disk, files);
    const isFull = tail === undefined || tail.size >= maxFileBytes;
    const expired = isFull ? await this.#expired(files) : [];
    const all = [...tornEvent(tail), ...expired.map(({ event }) => event), ...events];
    const end = tail?.end ?? START;
    const lines = encodeAll(all, end, clock.now());
    if (isFull) await this.#create(trailFile(directory, end.number + 1), lines);
    else await this.#append(tail, lines);
    for (const { file } of expired) await this.#delete(file);
  }

  async #create({ path }: TrailFile, lines: Buffer): Promise<void> {
    const { disk, directory } = this.#options;
    await createDurably(disk, path, lines);
    await disk.syncDirectory(directory);
    this.#durableFile = path;
  }

  /** The process that created the file may have ended before its name was durable. */
  async #append(tail: Tail, lines: Buffer): Promise<void> {
    const { disk, directory } = this.#options;
    if (this.#durableFile !== tail.path) await disk.syncDirectory(directory);
    this.#durableFile = tail.path;
    await appendLines(disk, tail, lines);
  }

  /** Files whose lines are all too old, with the line that says so. */
  async #expired(
    files: readonly TrailFile[],
  ): Promise<{ readonly file: TrailFile; readonly event: AuditEvent }[]> {
    const { disk, clock, keptMs = KEPT_MS } = this.#options;
    const expired = [];
    for (const [index, file] of files.entries()) {
      const next = files[index + 1];
      const from = next === undefined ? undefined : await firstLine(disk, next);
      if (from === undefined || Date.parse(from.time) > clock.now() - keptMs) break;
      const event = { event: 'trailExpired', through: from.number - 1, lastHash: from.previous };
      expired.push({ file, event });
    }
    return expired;
  }

  /** What was recorded is done although an old file stays; the next new file tries again. */
  async #delete({ path }: TrailFile): Promise<void> {
    const { disk, logger = silentLogger } = this.#options;
    try {
      await removeFile(disk, path);
    } catch (thrown) {
      logger.log('warn', 'failed to delete an expired file of the audit trail', {
        path,
        ...localErrorFields(RunnerError.from(thrown, 'FILE_UNWRITABLE')),
      });
    }
  }
}

function tornEvent(tail: Tail | undefined): AuditEvent[] {
  return tail === undefined || tail.tornBytes === 0
    ? []
    : [{ event: 'incompleteLineRemoved', bytes: tail.tornBytes }];
}

function unwritable(thrown: unknown): RunnerError {
  const cause = RunnerError.from(thrown);
  return new RunnerError('AUDIT_UNWRITABLE', 'failed to write the audit trail', { cause });
}
