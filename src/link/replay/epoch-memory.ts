/*
 * The highest epoch of each run whose attempt this runner has begun, across restarts: a file with
 * one line for each attempt, of which the last line of a run counts.
 *
 * What must never break:
 * 1. An epoch is durable here before its attempt is journaled, so that an attempt that has run is
 *    never offered successfully again, whatever is killed in between.
 * 2. If an epoch cannot be made durable, its offer is rejected.
 * 3. Only age and number make the memory forget, and the least recent runs go first.
 */
import { z } from 'zod';
import { isRunId, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import { replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { type Disk, readIfPresent } from '../../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { SerialQueue } from '../../../foundation/src/runtime/serial-queue.ts';

export interface EpochMemory {
  /** Throws OFFER_REPLAYED unless the epoch is above the highest that has begun here. */
  assertNew(ref: AttemptRef): void;
  /** Resolves when the attempt is remembered durably. Rejects with DISK_FULL and the like. */
  reserve(ref: AttemptRef): Promise<void>;
  /** The attempt is journaled: from now on its offer is a replay. */
  begun(ref: AttemptRef): void;
}

export interface EpochMemoryOptions {
  readonly disk: Disk;
  readonly file: string;
  /** The runner's identity. Runs of another one are other runs, also with the same id. */
  readonly owner: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly maxRuns?: number;
}

const KEPT_MS = 90 * 86_400_000;
const MAX_RUNS = 50_000;
/** Lines beyond twice the runs after which the file is written again. */
const SLACK = 1_000;

const line = z.tuple([z.string().refine(isRunId), z.int().nonnegative(), z.int().nonnegative()]);

interface Remembered {
  readonly epoch: number;
  readonly at: number;
}

/** Throws EPOCHS_DAMAGED for a file that is not of this program, and the errors of the disk. */
export async function openEpochMemory(options: EpochMemoryOptions): Promise<EpochMemory> {
  const bytes = await readIfPresent(options.disk, options.file);
  return new FileEpochMemory(options, parse(bytes?.toString(), options));
}

class FileEpochMemory implements EpochMemory {
  readonly #options: EpochMemoryOptions;
  readonly #begun: Map<string, Remembered>;
  readonly #queue = new SerialQueue();
  /** Where the next line goes; undefined if the file must be written as a whole first. */
  #size: number | undefined;
  #lines = 0;

  constructor(options: EpochMemoryOptions, begun: Map<string, Remembered>) {
    this.#options = options;
    this.#begun = begun;
  }

  assertNew({ runId, epoch }: AttemptRef): void {
    const highest = this.#begun.get(runId)?.epoch;
    if (highest === undefined || epoch > highest) return;
    throw new RunnerError(
      'OFFER_REPLAYED',
      `an attempt of this run with epoch ${highest} has already begun here, and the offer has epoch ${epoch}`,
    );
  }

  reserve(ref: AttemptRef): Promise<void> {
    return this.#queue.run(async () => {
      try {
        await this.#append(ref);
      } catch (thrown) {
        this.#size = undefined;
        throw RunnerError.from(thrown, 'SINK_FAILED');
      }
    });
  }

  begun({ runId, epoch }: AttemptRef): void {
    const highest = Math.max(epoch, this.#begun.get(runId)?.epoch ?? 0);
    this.#begun.delete(runId);
    this.#begun.set(runId, { epoch: highest, at: this.#options.clock.now() });
    const [oldest] = this.#begun.keys();
    if (oldest !== undefined && this.#begun.size > this.#maxRuns) this.#begun.delete(oldest);
  }

  async #append({ runId, epoch }: AttemptRef): Promise<void> {
    const { disk, file, clock } = this.#options;
    if (this.#size === undefined || this.#lines > 2 * this.#begun.size + SLACK)
      await this.#rewrite();
    const bytes = Buffer.from(lineOf(runId, { epoch, at: clock.now() }));
    const opened = await disk.open(file, 'write');
    try {
      await opened.write(bytes, this.#size!);
      await opened.sync();
    } finally {
      await opened.close();
    }
    this.#size! += bytes.byteLength;
    this.#lines += 1;
  }

  async #rewrite(): Promise<void> {
    const { disk, file, owner, clock } = this.#options;
    const oldest = clock.now() - KEPT_MS;
    for (const [runId, { at }] of this.#begun) if (at < oldest) this.#begun.delete(runId);
    const lines = [...this.#begun].map(([runId, remembered]) => lineOf(runId, remembered));
    const content = Buffer.from([headerOf(owner), ...lines].join(''));
    await replaceFile(disk, file, content);
    this.#size = content.byteLength;
    this.#lines = lines.length;
  }

  get #maxRuns(): number {
    return this.#options.maxRuns ?? MAX_RUNS;
  }
}

function lineOf(runId: string, { epoch, at }: Remembered): string {
  return `${JSON.stringify([runId, epoch, at])}\n`;
}

function headerOf(owner: string): string {
  return `${JSON.stringify({ epochs: 1, owner })}\n`;
}

/**
 * Runs in the order in which they were last begun. After a power cut, the last line may be torn:
 * its attempt was not journaled.
 */
function parse(
  text: string | undefined,
  { owner, file, maxRuns = MAX_RUNS }: EpochMemoryOptions,
): Map<string, Remembered> {
  const begun = new Map<string, Remembered>();
  const [header, ...lines] = (text ?? headerOf(owner)).split('\n').slice(0, -1);
  if (`${header ?? ''}\n` !== headerOf(owner)) {
    if (header?.startsWith('{"epochs":1,') !== true) throw damaged(file, 1);
    return begun;
  }
  for (const [index, each] of lines.entries()) {
    const parsed = parseLine(each);
    if (parsed === undefined && index === lines.length - 1) break;
    if (parsed === undefined) throw damaged(file, index + 2);
    const [runId, epoch, at] = parsed;
    const highest = Math.max(epoch, begun.get(runId)?.epoch ?? 0);
    begun.delete(runId);
    begun.set(runId, { epoch: highest, at });
  }
  return new Map([...begun].slice(-maxRuns));
}

function parseLine(text: string): z.infer<typeof line> | undefined {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function damaged(file: string, at: number): RunnerError {
  return new RunnerError('EPOCHS_DAMAGED', `line ${at} of ${file} is not of this program`);
}
