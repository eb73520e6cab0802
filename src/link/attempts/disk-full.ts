import type { ChangeSignal } from '../../../foundation/src/runtime/change-signal.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { OutboxStore } from '../outbox/outbox.ts';
import type { Attempt } from './attempt.ts';

const CHECK_MS = 1_000;

export interface DiskFullDeps {
  readonly store: OutboxStore;
  readonly clock: Clock;
  /** How long an attempt may wait for room that no delivery can make. */
  readonly diskFullMs: number;
}

/** Why an attempt ends that cannot write although everything it wrote is delivered. */
export function diskFullError(): RunnerError {
  return new RunnerError(
    'DISK_FULL',
    'the disk has no room for records of the attempt, although everything else is delivered',
    {
      remedy:
        'Free space on the file system that holds the state directory, or move the state directory to a larger one.',
    },
  );
}

/**
 * Resolves when the attempt has waited too long for room on disk while no record of any attempt
 * waited for delivery: then no delivery can make room for it. `conditionChanged` notifies when the
 * condition of the attempt changes. Rejects with the signal's reason.
 */
export async function untilDiskFullTooLong(
  attempt: Attempt,
  conditionChanged: ChangeSignal,
  { store, clock, diskFullMs }: DiskFullDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let since: number | undefined; ;) {
    await conditionChanged.until(() => attempt.condition === 'DISK_FULL', signal);
    since = store.bytes === 0 ? (since ?? clock.monotonic()) : undefined;
    if (since !== undefined && clock.monotonic() - since >= diskFullMs) return;
    await clock.sleep(CHECK_MS, signal);
    if (attempt.condition !== 'DISK_FULL') since = undefined;
  }
}
