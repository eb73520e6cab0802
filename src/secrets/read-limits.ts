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

/** Counts reads of secrets whose rules limit them. */
export interface ReadLimits {
  /** Counts one read. Resolves with whether the limit permits it; throws when it cannot count. */
  take(limit: ReadLimit): Promise<boolean>;
}

export interface ReadLimitsOptions {
  /** Of the state; it may not exist yet. */
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
}

/** For each rule, when its secrets were read in the last hour. */
const countsSchema = z.record(z.string(), z.array(z.number()));
type Counts = z.infer<typeof countsSchema>;

export function createReadLimits(options: ReadLimitsOptions): ReadLimits {
  const { directory, disk, clock } = options;
  const file = join(directory, 'secret-reads.json');
  return {
    async take({ rule, perHour }) {
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
        const now = clock.now();
        const counts = recent(await readCounts(file), now);
        const key = createHash('sha256').update(rule).digest('hex').slice(0, 32);
        const reads = counts[key] ?? [];
        if (reads.length >= perHour) return false;
        await replaceFile(disk, file, JSON.stringify({ ...counts, [key]: [...reads, now] }));
        return true;
      });
    },
  };
}

/** For programs without a state directory: what a rule limits is denied. */
export const noReadLimits: ReadLimits = {
  take: () => Promise.reject(new RunnerError('INTERNAL', 'there is no state to count reads in')),
};

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
    ([rule, reads]) => [rule, reads.filter((at) => at > now - HOUR_MS)] as const,
  );
  return Object.fromEntries(kept.filter(([, reads]) => reads.length > 0));
}
