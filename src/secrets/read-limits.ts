import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import { SerialQueue } from '../../foundation/src/runtime/serial-queue.ts';
import { type Changed, CountsFile } from '../policy/counts-file.ts';
import type { ReadLimit } from '../policy/decision.ts';

// Invariants:
// 1. A read counts durably before it happens, for all processes of this machine together.
// 2. What cannot be counted is not permitted: the caller denies the secret when `take` throws.

const HOUR_MS = 3_600_000;

/** The share of a limit from which on its use is an alarm. */
const NEAR = 0.8;

/**
 * What became of one read. `near`: permitted, and the first in an hour that left the rule less
 * than a fifth of its reads. `reached`: it is not permitted.
 */
export type Taken = 'permitted' | 'near' | 'reached';

/** Counts the reads of secrets. */
export interface ReadLimits {
  /** Counts one read, if the limit permits it. Throws when it cannot count. */
  take(limit: ReadLimit): Promise<Taken>;
}

export interface ReadLimitsOptions {
  /** Of the state; it may not exist yet. */
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
}

/** By key of a rule, when its secrets were read in the last hour, and when that was an alarm. */
const countsSchema = z.record(z.string(), z.array(z.number()));
type Counts = z.infer<typeof countsSchema>;

export function createReadLimits(options: ReadLimitsOptions): ReadLimits {
  return new FileReadLimits(options);
}

interface Waiting {
  readonly limit: ReadLimit;
  readonly resolve: (taken: Taken) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads that begin while others are counted are counted together: connections open in bursts. */
class FileReadLimits implements ReadLimits {
  readonly #file: CountsFile<Counts>;
  readonly #clock: Clock;
  readonly #queue = new SerialQueue();
  #waiting: Waiting[] = [];

  constructor(options: ReadLimitsOptions) {
    this.#clock = options.clock;
    this.#file = new CountsFile({
      ...options,
      name: 'secret-reads',
      what: 'the counts of secret reads',
      schema: countsSchema,
      processes: systemProcesses,
    });
  }

  take(limit: ReadLimit): Promise<Taken> {
    const { promise, resolve, reject } = Promise.withResolvers<Taken>();
    this.#waiting.push({ limit, resolve, reject });
    void this.#queue.run(() => this.#takeWaiting());
    return promise;
  }

  async #takeWaiting(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    try {
      const all = await this.#file.change({}, async (stored) => this.#countAll(batch, stored));
      for (const [index, { resolve }] of batch.entries()) resolve(all[index]!);
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown);
    }
  }

  #countAll(batch: readonly Waiting[], stored: Counts): Changed<Counts, readonly Taken[]> {
    let counts = stored;
    const result = batch.map(({ limit }) => {
      const counted = count(limit, counts, this.#clock.now());
      counts = counted.counts;
      return counted.taken;
    });
    return result.every((taken) => taken === 'reached') ? { result } : { counts, result };
  }
}

/** For programs without a state directory: counts what this process reads. */
export function processReadLimits(clock: Pick<Clock, 'now'>): ReadLimits {
  let present: Counts = {};
  return {
    take: (limit) => {
      const { taken, counts } = count(limit, present, clock.now());
      present = counts;
      return Promise.resolve(taken);
    },
  };
}

function count(
  { rule, perHour }: ReadLimit,
  stored: Counts,
  now: number,
): { readonly taken: Taken; readonly counts: Counts } {
  const counts = recent(stored, now);
  const key = createHash('sha256').update(rule).digest('hex').slice(0, 32);
  const alarm = `${key}.near`;
  const reads = [...(counts[key] ?? []), now];
  if (reads.length > perHour) return { taken: 'reached', counts };
  const isNear = reads.length >= NEAR * perHour && reads.length < perHour;
  if (!isNear || counts[alarm] !== undefined)
    return { taken: 'permitted', counts: { ...counts, [key]: reads } };
  return { taken: 'near', counts: { ...counts, [key]: reads, [alarm]: [now] } };
}

/** After the clock was set back, a read counts until its hour is over. */
function recent(counts: Counts, now: number): Counts {
  const kept = Object.entries(counts).map(
    ([key, times]) => [key, times.filter((at) => at > now - HOUR_MS)] as const,
  );
  return Object.fromEntries(kept.filter(([, times]) => times.length > 0));
}
