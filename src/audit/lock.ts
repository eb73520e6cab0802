import { join } from 'node:path';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { withFileLock } from '../../foundation/src/runtime/file-lock.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';

export interface TrailPlace {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
}

const PATIENCE_MS = 10_000;

/** Runs `work` while no other process writes to the trail. Throws STATE_LOCKED after 10 seconds. */
export function withTrailLock<T>(
  { directory, clock }: TrailPlace,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  return withFileLock(
    {
      path: join(directory, 'lock'),
      what: 'the audit trail',
      processes: systemProcesses,
      clock,
      patienceMs: PATIENCE_MS,
      signal,
    },
    work,
  );
}
