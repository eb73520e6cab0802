/**
 * One identity, one active process. A copied virtual machine brings a second process with the same
 * key. Invariants:
 * - An active process stays active: a newcomer never ends a session whose process answers, and
 *   never takes a run whose lease another process may still hold.
 * - A restarted process is not locked out: its old session is closed by the operating system, or
 *   does not answer the check in time. A newer connection of the same process (by boot id) replaces
 *   the older one at once.
 * - The newcomer is rejected temporarily, never permanently: an accidental copy must not become an
 *   outage.
 */
import type { Deps } from '../deps.ts';
import { holder, type Run } from '../runs/run.ts';
import type { HelloStatement, Refusal } from './frames.ts';
import type { OtherProcess, Registry } from './registry.ts';

/** How soon a rejected process retries. */
const RETRY_AFTER_MS = 30_000;
/** How long a conflict is shown after the last attempt of the second process. */
export const CONFLICT_SHOWN_MS = 5 * 60_000;

export const IDENTITY_REMEDY =
  'Stop one of the two. To keep both, enroll the copied machine again: `hybrid-runner enroll --replace`.';

/**
 * Rejects a process whose identity another one is using; undefined when this one may continue. Call
 * it within `runExclusively`.
 */
export async function settleIdentity(
  deps: Deps,
  registry: Registry,
  statement: HelloStatement,
): Promise<Refusal | undefined> {
  const { runnerId } = statement;
  const newcomer = {
    bootId: statement.bootId,
    platform: statement.platform.slice(0, 200),
    version: statement.runnerVersion.slice(0, 100),
  };
  const refuse = (retryAfterMs: number, message: string): Refusal =>
    refuseNewcomer(deps, registry, runnerId, newcomer, retryAfterMs, message);
  const present = registry.get(runnerId);
  if (present !== undefined && present.bootId !== newcomer.bootId) {
    if (await present.isAlive(newcomer))
      return refuse(RETRY_AFTER_MS, 'another process with this identity is connected');
    present.close('identity check not answered');
  }
  if (present?.bootId === newcomer.bootId) return undefined;
  const lease = await leaseOfAnother(deps, statement);
  if (lease === undefined) return undefined;
  const { remainingMs } = lease;
  if (lease.isHeldHere) return awaitLease(deps, runnerId, remainingMs);
  return refuse(
    Math.min(remainingMs, RETRY_AFTER_MS),
    'another process with this identity may be active until its lease expires',
  );
}

/** Not noted as a conflict: this is expected after a reboot during a run. */
function awaitLease(deps: Deps, runnerId: string, remainingMs: number): Refusal {
  deps.log.info(
    { runner: runnerId, remainingMs: Math.ceil(remainingMs) },
    'runner was rebooted or copied during a run: waiting for its lease to expire',
  );
  return {
    code: 'BUSY',
    message:
      'the lease of an attempt from before the reboot or copy of this machine has not expired',
    permanent: false,
    retryAfterMs: Math.max(1, Math.ceil(Math.min(remainingMs, RETRY_AFTER_MS))),
  };
}

function refuseNewcomer(
  deps: Deps,
  registry: Registry,
  runnerId: string,
  newcomer: OtherProcess,
  retryAfterMs: number,
  message: string,
): Refusal {
  registry.noteConflict(runnerId, {
    ...newcomer,
    at: deps.clock.now(),
    until: deps.clock.monotonic() + CONFLICT_SHOWN_MS,
  });
  const { platform, version } = newcomer;
  deps.log.warn(
    { runner: runnerId, platform, version, remedy: IDENTITY_REMEDY },
    'identity used by two processes: second one rejected',
  );
  return {
    code: 'IDENTITY_IN_USE',
    message,
    permanent: false,
    retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
  };
}

/**
 * The longest lease under which another process of this runner may be active. An attempt that this
 * process holds too is inactive only if the previous process is known to have ended: the attempt
 * may have been copied with the machine.
 */
async function leaseOfAnother(
  deps: Deps,
  { runnerId, bootId, held, predecessorEnded }: HelloStatement,
): Promise<{ readonly remainingMs: number; readonly isHeldHere: boolean } | undefined> {
  const now = deps.clock.monotonic();
  const leases = (await deps.store.read.runs.active()).flatMap((run) => {
    const lease = leaseIn(run);
    if (lease === undefined || holder(run) !== runnerId) return [];
    if (lease.bootId === bootId || lease.bootId === '') return [];
    const isHeldHere = held.some(({ ref }) => ref?.runId === run.id && ref.epoch === run.epoch);
    // An offer that this process does not know stays with the other one until its lease ends.
    if (run.status.state === 'offered' && !isHeldHere) return [];
    const remainingMs = lease.until - now;
    if (remainingMs <= 0 || (isHeldHere && predecessorEnded)) return [];
    return [{ remainingMs, isHeldHere }];
  });
  if (leases.length === 0) return undefined;
  return {
    remainingMs: Math.max(...leases.map((lease) => lease.remainingMs)),
    isHeldHere: leases.every((lease) => lease.isHeldHere),
  };
}

/** The offer grants a lease: its process may be active although its answer has not arrived. */
function leaseIn({ status }: Run): { readonly bootId: string; readonly until: number } | undefined {
  if (status.state === 'running') return { bootId: status.bootId, until: status.leaseUntil };
  return status.state === 'offered' ? { bootId: status.bootId, until: status.answerBy } : undefined;
}
