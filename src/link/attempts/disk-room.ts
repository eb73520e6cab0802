import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Attempt } from './attempt.ts';
import type { ChangeSignal } from '../../runtime/change-signal.ts';
import type { OutboxStore } from '../outbox/outbox.ts';

const LOOK_MS = 1_000;

/** Why an attempt ends that could not write although nothing of it was left to deliver. */
export function noRoom(): RunnerError {
  return new RunnerError(
    'DISK_FULL',
    'there is no room on disk for the records of the attempt, although nothing is left to be delivered',
    {
      remedy:
        'Free space on the file system that holds the state directory, or move the state directory to a larger one.',
    },
  );
}

/**
 * Resolves when the attempt has waited so long for room on disk while no record of any attempt waited for delivery: then no
 * delivery can make room for it. `bell` rings when the attempt's condition changes. Rejects with the signal's reason.
 */
export async function untilHopeless(
  attempt: Attempt,
  bell: ChangeSignal,
  store: OutboxStore,
  patienceMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (let since: number | undefined; ;) {
    await bell.until(() => attempt.condition === 'DISK_FULL', signal);
    since = store.bytes() === 0 ? (since ?? clock.monotonic()) : undefined;
    if (since !== undefined && clock.monotonic() - since >= patienceMs) return;
    await clock.sleep(LOOK_MS, signal);
    if (attempt.condition !== 'DISK_FULL') since = undefined;
  }
}
