/*
 * The audit trail: one chain of lines in files below `audit/` of the state directory.
 *
 * What must never break:
 * 1. A line is written and fsynced before `record` resolves. Who cannot record does not act.
 * 2. Every line has the hash of the line before it, also across files and processes.
 * 3. Only the holder of the lock appends. Link, workers and commands all append to the same chain:
 *    a worker needs no other process to have its line durable, and a command needs no running
 *    service.
 * 4. A complete line is never changed. What a crash left of an incomplete one, which nobody was
 *    told about, is removed by the next writer, whose first line says so.
 * 5. Files are deleted only by age, after a line has recorded up to where.
 */
import { join } from 'node:path';
import type { AuditEvent, AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { Disk, DiskFile } from '../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { withFileLock } from '../../foundation/src/runtime/file-lock.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import { SerialQueue } from '../../foundation/src/runtime/serial-queue.ts';
import { type TrailFile, trailFile, trailFiles } from './files.ts';
import { encodeLine, type Link, START } from './line.ts';
import { readTail, type Tail, timeOfFirst } from './tail.ts';

export interface TrailOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly maxFileBytes?: number;
  readonly keptMs?: number;
}

const MAX_FILE_BYTES = 16 * 1024 * 1024;
const KEPT_MS = 400 * 86_400_000;
const MAX_LINE_BYTES = 32 * 1024;
const LOCK_PATIENCE_MS = 10_000;

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
  #waiting: Waiting[] = [];

  constructor(options: TrailOptions) {
    this.#options = options;
  }

  record(event: AuditEvent): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ event, resolve, reject });
    void this.#queue.run(() => this.#writeWaiting());
    return promise;
  }

  /** Events that arrive while others are written are written together. */
  async #writeWaiting(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    try {
      await this.#appendLocked(batch.map(({ event }) => event));
      for (const { resolve } of batch) resolve();
    } catch (thrown) {
      const cause = RunnerError.from(thrown);
      const error = new RunnerError('AUDIT_UNWRITABLE', 'failed to write the audit trail', {
        cause,
      });
      for (const { reject } of batch) reject(error);
    }
  }

  async #appendLocked(events: readonly AuditEvent[]): Promise<void> {
    const { directory, disk, clock } = this.#options;
    await disk.makeDirectory(directory);
    await withFileLock(
      {
        path: join(directory, 'lock'),
        what: 'the audit trail',
        processes: systemProcesses,
        clock,
        patienceMs: LOCK_PATIENCE_MS,
        signal: NEVER,
      },
      () => this.#appendAll(events),
    );
  }

  async #appendAll(events: readonly AuditEvent[]): Promise<void> {
    const { directory, disk, clock, maxFileBytes = MAX_FILE_BYTES } = this.#options;
    const files = await trailFiles(disk, directory);
    const tail = await readTail(disk, files);
    const isFull = tail === undefined || tail.size >= maxFileBytes;
    const expired = isFull ? await this.#expired(files) : [];
    const all = [...tornEvent(tail), ...expired.map(({ event }) => event), ...events];
    const text = encodeAll(all, tail?.end ?? START, clock.now());
    if (isFull) await this.#create(trailFile(directory, (tail?.end ?? START).number + 1), text);
    else await appendTo(disk, tail, text);
    for (const { file } of expired) await disk.unlink(file.path);
  }

  async #create({ path }: TrailFile, text: Buffer): Promise<void> {
    const { disk, directory } = this.#options;
    const file = await disk.open(path, 'create');
    try {
      await file.write(text, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.syncDirectory(directory);
  }

  /** Files whose lines are all too old, with the line that says so. */
  async #expired(
    files: readonly TrailFile[],
  ): Promise<{ readonly file: TrailFile; readonly event: AuditEvent }[]> {
    const { disk, clock, keptMs = KEPT_MS } = this.#options;
    const expired = [];
    for (const [index, file] of files.entries()) {
      const next = files[index + 1];
      const from = next === undefined ? undefined : await timeOfFirst(disk, next);
      if (from === undefined || Date.parse(from.time) > clock.now() - keptMs) break;
      const event = { event: 'trailExpired', through: from.number - 1, lastHash: from.previous };
      expired.push({ file, event });
    }
    return expired;
  }
}

function tornEvent(tail: Tail | undefined): AuditEvent[] {
  return tail === undefined || tail.tornBytes === 0
    ? []
    : [{ event: 'incompleteLineRemoved', bytes: tail.tornBytes }];
}

function encodeAll(events: readonly AuditEvent[], after: Link, now: number): Buffer {
  let end = after;
  let text = '';
  for (const event of events) {
    const line = encodeLine(event, end, now);
    if (Buffer.byteLength(line.text) > MAX_LINE_BYTES)
      throw new RunnerError('INTERNAL', `an audit event exceeds ${MAX_LINE_BYTES} bytes`);
    text += line.text;
    end = line;
  }
  return Buffer.from(text);
}

async function appendTo(disk: Disk, { path, size, tornBytes }: Tail, text: Buffer): Promise<void> {
  const file = await disk.open(path, 'write');
  try {
    if (tornBytes > 0) await file.truncate(size);
    await file.write(text, size);
    await file.sync();
  } catch (thrown) {
    await undo(file, size);
    throw thrown;
  } finally {
    await file.close();
  }
}

/** What cannot be undone either is complete or removed by the next writer. */
async function undo(file: DiskFile, size: number): Promise<void> {
  try {
    await file.truncate(size);
    await file.sync();
  } catch {
    // The disk has failed; the caller reports it.
  }
}
