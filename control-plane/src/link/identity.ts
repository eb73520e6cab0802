/**
 * One identity, one process at work. A copied virtual machine brings a second process with the same key. Invariants:
 * - A process that is at work stays so: a newcomer never ends a session whose process answers, and never takes a run whose
 *   lease another process may still hold.
 * - A restarted process is not locked out: its old session is closed by the system, or does not answer the check in time;
 *   a newer connection of the same process (by its boot id) takes over at once.
 * - The newcomer is told to come back, never to end: an accidental copy must not become an outage.
 */
import type { Ground } from '../deps.ts';
import { holder } from '../runs/run.ts';
import type { HelloStatement, Refusal } from './frames.ts';
import type { Registry, Stranger } from './registry.ts';

/** How soon a process that was turned away comes back. */
const COME_BACK_MS = 30_000;
/** How long people are told of a conflict after the last try of the second process. */
export const CONFLICT_SHOWN_MS = 5 * 60_000;

export const IDENTITY_REMEDY =
  'Stop one of the two. To keep both, enroll the copied machine anew there: `hybrid-runner enroll --replace`.';

/** The refusal for a process whose identity another one is using; undefined when this one may go on. Only in the runner's turn. */
export async function settleIdentity(
  ground: Ground,
  registry: Registry,
  statement: HelloStatement,
): Promise<Refusal | undefined> {
  const stranger = {
    bootId: statement.bootId,
    platform: statement.platform.slice(0, 200),
    version: statement.runnerVersion.slice(0, 100),
  };
  const present = registry.get(statement.runnerId);
  if (present !== undefined && present.bootId !== stranger.bootId) {
    if (await present.answers(stranger))
      return turnAway(ground, registry, statement.runnerId, stranger, COME_BACK_MS, 'is connected');
    present.close('no answer to an identity check');
  }
  if (present?.bootId === stranger.bootId) return undefined;
  const lease = await leaseOfAnother(ground, statement);
  if (lease === undefined) return undefined;
  const { leftMs } = lease;
  if (lease.isHeldHere) return awaitLease(ground, statement, leftMs);
  return turnAway(
    ground,
    registry,
    statement.runnerId,
    stranger,
    Math.min(leftMs, COME_BACK_MS),
    'may still be at work, until its lease ends',
  );
}

/** Not shown to people: after a reboot in the middle of a run this is expected. */
function awaitLease(ground: Ground, { runnerId }: HelloStatement, leftMs: number): Refusal {
  ground.log.info(
    { runner: runnerId, leftMs: Math.ceil(leftMs) },
    'runner was rebooted or copied during a run; it must wait for the lease to expire',
  );
  return {
    code: 'BUSY',
    message:
      'the lease of an attempt from before the reboot or copy of this machine has not expired',
    permanent: false,
    retryAfterMs: Math.max(1, Math.ceil(Math.min(leftMs, COME_BACK_MS))),
  };
}

function turnAway(
  ground: Ground,
  registry: Registry,
  runnerId: string,
  stranger: Stranger,
  retryAfterMs: number,
  does: string,
): Refusal {
  registry.noteConflict(runnerId, {
    ...stranger,
    at: ground.clock.now(),
    until: ground.clock.monotonic() + CONFLICT_SHOWN_MS,
  });
  ground.log.warn(
    {
      runner: runnerId,
      platform: stranger.platform,
      version: stranger.version,
      remedy: IDENTITY_REMEDY,
    },
    'one identity is used by two processes; the second was turned away',
  );
  return {
    code: 'IDENTITY_IN_USE',
    message: `another process with this identity ${does}`,
    permanent: false,
    retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
  };
}

/**
 * How long another process of this runner may still be at work, in milliseconds. An attempt that this process holds is no
 * longer worked on only if the process before it is known to have ended: the attempt may have been copied with the machine.
 */
async function leaseOfAnother(
  ground: Ground,
  { runnerId, bootId, held, predecessorEnded }: HelloStatement,
): Promise<{ readonly leftMs: number; readonly isHeldHere: boolean } | undefined> {
  const now = ground.clock.monotonic();
  const leases = (await ground.store.read.runs.active()).flatMap((run) => {
    if (run.status.state !== 'running' || holder(run) !== runnerId) return [];
    if (run.status.bootId === bootId || run.status.bootId === '') return [];
    const isHeldHere = held.some(({ ref }) => ref?.runId === run.id && ref.epoch === run.epoch);
    const leftMs = run.status.leaseUntil - now;
    return leftMs <= 0 || (isHeldHere && predecessorEnded) ? [] : [{ leftMs, isHeldHere }];
  });
  if (leases.length === 0) return undefined;
  return {
    leftMs: Math.max(...leases.map(({ leftMs }) => leftMs)),
    isHeldHere: leases.every(({ isHeldHere }) => isHeldHere),
  };
}
