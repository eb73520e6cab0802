import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { replaceFile } from '../../foundation/src/runtime/atomic-write.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { isMissing } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { withFileLock } from '../../foundation/src/runtime/file-lock.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import type { ReadLimit } from '../policy/decision.ts';

// Invariants:
// 1. A read counts durably before it happens, for all processes of this machine together.
// 2. What cannot be counted is not permitted: the caller denies the secret when `take` throws.

const HOUR_MS = 3_600_000;
const LOCK_PATIENCE_MS = 10_000;

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
  const { directory, disk, clock } = options;
  const file = join(directory, 'secret-reads.json');
  return {
    async take(limit) {
      await disk.makeDirectory(directory);
      const lock = {
        path: join(directory, 'secret-reads.lock'),
        what: 'the counts of secret reads',
        processes: systemProcesses,
        clock,
        patienceMs: LOCK_PATIENCE_MS,
        signal: NEVER,
      };
      return withFileLock(lock, async () => {
        const { taken, counts } = count(limit, await readCounts(file), clock.now());
        if (taken !== 'reached') await replaceFile(disk, file, JSON.stringify(counts));
        return taken;
      });
    },
  };
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

async function readCounts(file: string): Promise<Counts> {
  try {
    return countsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (thrown) {
    if (isMissing(thrown)) return {};
    throw RunnerError.from(thrown, 'FILE_UNREADABLE');
  }
}

/** After the clock was set back, a read counts until its hour is over. */
function recent(counts: Counts, now: number): Counts {
  const kept = Object.entries(counts).map(
    ([key, times]) => [key, times.filter((at) => at > now - HOUR_MS)] as const,
  );
  return Object.fromEntries(kept.filter(([, times]) => times.length > 0));
}
