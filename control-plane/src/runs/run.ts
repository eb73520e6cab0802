/**
 * A run and the ways it moves. Invariants:
 * - `lastEpoch` is the highest epoch that this run was ever given out with. Each offer uses `lastEpoch + 1`, and a runner that
 *   names a higher one (the store was restored from a backup) raises it, so no epoch is ever given out twice.
 * - `epoch` names the present attempt. Only an active run (offered or running) takes data, only with exactly `epoch`, only from
 *   its holder. At most one runner has the right to write at any time.
 * - `epoch` goes back in one case: an attempt whose lease ran out returns (`left`) before anybody else has begun. What was
 *   offered since carries a higher epoch, was never begun, and is refused from then on. `left` is forgotten as soon as another
 *   attempt begins, at this run or at another one of its service, so older data never follows newer data.
 * - `attempt` grows when an attempt that may have started is given up; a refused offer costs none.
 * - An ended run never moves again.
 * - Deadlines in a status (`notBefore`, `answerBy`, `leaseUntil`, `until`) are monotonic times of this process. A restart makes
 *   them anew before anything reads them (see restart.ts); a step of the wall clock cannot move them.
 */
import type { Moment } from '../runtime/clock.ts';
import type { ErrorBody } from '../runtime/errors.ts';
import type { JobKind } from './job-kinds.ts';

export const END_STATES = ['success', 'partialSuccess', 'failed', 'cancelled', 'expired'] as const;
export type EndState = (typeof END_STATES)[number];
export const RUN_STATES = ['queued', 'offered', 'running', ...END_STATES] as const;

/** One process of one runner. */
export interface Holder {
  readonly runnerId: string;
  /** The boot id that the process gave in its hello. */
  readonly bootId: string;
}

/** An attempt whose lease ran out and that may still come back. */
export interface LeftAttempt {
  readonly runnerId: string;
  readonly epoch: number;
  readonly attempt: number;
}

/** No runner that could take the run is there. */
export interface Absence {
  /** Unix time. */
  readonly since: number;
  /** Monotonic time at which the run ends. */
  readonly until: number;
}

export interface Queued {
  readonly state: 'queued';
  readonly notBefore: number;
  /** Unix time at which the pause before another try ends; null without a pause. */
  readonly retryAt: number | null;
  readonly left: LeftAttempt | null;
  readonly absence: Absence | null;
}
export interface Offered extends Holder {
  readonly state: 'offered';
  readonly answerBy: number;
  readonly left: LeftAttempt | null;
}
export interface Running extends Holder {
  readonly state: 'running';
  readonly leaseUntil: number;
}
export interface Ended {
  readonly state: EndState;
  readonly endedAt: number;
  readonly error: ErrorBody | null;
}

export type RunStatus = Queued | Offered | Running | Ended;

export interface Run {
  readonly id: string;
  readonly kind: JobKind;
  readonly service: string;
  readonly pipeline: string | null;
  /** OpenMetadata's workflow document as JSON text; secrets only as references. */
  readonly workflow: string;
  /** Id or name of the runner that must do it; null for any. */
  readonly pinnedTo: string | null;
  readonly status: RunStatus;
  readonly attempt: number;
  /** Of the present attempt; 0 before the first offer. */
  readonly epoch: number;
  /** The highest that was ever given out. */
  readonly lastEpoch: number;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  /** Why somebody wants it stopped; null when nobody does. */
  readonly cancelReason: string | null;
  /** Ids of runners that have refused it for good. */
  readonly refusedBy: readonly string[];
  /** Why the attempt before the present one was given up; null at the first. */
  readonly lastFailure: ErrorBody | null;
  /** The longest an attempt of it may run; 0 for the runner's own limit. */
  readonly deadlineMs: number;
  /** Whether it reads and sends everything, whatever the runner remembers: its offers name no catalog revision. */
  readonly whole: boolean;
  /** False when its records have been deleted to make room. */
  readonly recordsKept: boolean;
}

export interface AttemptId {
  readonly attempt: number;
  readonly epoch: number;
}

export function queuedAt({ monotonic }: Moment): Queued {
  return { state: 'queued', notBefore: monotonic, retryAt: null, left: null, absence: null };
}

export function isEnded(status: RunStatus): status is Ended {
  return status.state !== 'queued' && status.state !== 'offered' && status.state !== 'running';
}

/** The runner that holds the run now. */
export function holder(run: Run): string | undefined {
  return run.status.state === 'offered' || run.status.state === 'running'
    ? run.status.runnerId
    : undefined;
}

/** Whether this runner has the right to write with this epoch. */
export function isHeldBy(run: Run, runnerId: string, epoch: number): boolean {
  return run.epoch === epoch && holder(run) === runnerId;
}

/** Whether the attempt lost its lease and nobody else has begun since. */
export function mayReturn(
  { status }: Run,
  runnerId: string,
  { attempt, epoch }: AttemptId,
): boolean {
  const left = status.state === 'queued' || status.state === 'offered' ? status.left : null;
  return (
    left !== null && left.runnerId === runnerId && left.attempt === attempt && left.epoch === epoch
  );
}

export function offerTo(
  run: Run & { readonly status: Queued },
  { runnerId, bootId }: Holder,
  answerBy: number,
): Run {
  const epoch = run.lastEpoch + 1;
  return {
    ...run,
    epoch,
    lastEpoch: epoch,
    status: { state: 'offered', runnerId, bootId, answerBy, left: run.status.left },
  };
}

/** The holder has begun, or is still at work: its lease counts from now. */
export function renew(run: Run, { runnerId, bootId }: Holder, at: Moment, ttlMs: number): Run {
  return {
    ...run,
    startedAt: run.startedAt ?? at.now,
    status: { state: 'running', runnerId, bootId, leaseUntil: at.monotonic + ttlMs },
  };
}

/** The attempt that had lost its lease is the present one again. Only where `mayReturn` holds. */
export function takeReturned(
  run: Run,
  by: Holder,
  { attempt, epoch }: AttemptId,
  at: Moment,
  ttlMs: number,
): Run {
  return renew({ ...run, attempt, epoch }, by, at, ttlMs);
}

/** A runner holds an attempt with this epoch, so it has been given out before. */
export function withEpochUsed(run: Run, epoch: number): Run {
  return epoch > run.lastEpoch ? { ...run, lastEpoch: epoch } : run;
}

/** Nobody took the offer, so the attempt has not begun. */
export function offerAgain(run: Run, notBefore: number): Run {
  const left = run.status.state === 'offered' ? run.status.left : null;
  return { ...run, status: { state: 'queued', notBefore, retryAt: null, left, absence: null } };
}

export interface GivingUp {
  readonly at: Moment;
  readonly maxAttempts: number;
  /** Before the next try; 0 when left out. */
  readonly pauseMs?: number;
  /** The attempt may come back, since only its lease is lost. */
  readonly mayReturn?: boolean;
}

/** The attempt is lost: cancelled if that was wanted anyway, tried again while `maxAttempts` allows, else failed. */
export function giveUpAttempt(
  run: Run,
  reason: ErrorBody,
  { at, maxAttempts, pauseMs = 0, mayReturn: leaves = false }: GivingUp,
): Run {
  if (run.cancelReason !== null) return end(run, 'cancelled', at.now, cancelled(run.cancelReason));
  if (run.attempt >= maxAttempts) {
    const message = `${reason.message}; that was attempt ${run.attempt} of ${maxAttempts}`;
    return end(run, 'failed', at.now, { ...reason, message });
  }
  const left =
    leaves && run.status.state === 'running'
      ? { runnerId: run.status.runnerId, epoch: run.epoch, attempt: run.attempt }
      : null;
  const status: Queued = {
    state: 'queued',
    notBefore: at.monotonic + pauseMs,
    retryAt: pauseMs === 0 ? null : at.now + pauseMs,
    left,
    absence: null,
  };
  return { ...run, attempt: run.attempt + 1, lastFailure: reason, status };
}

/** The same run when another attempt at its service has begun: its own lost attempt is not wanted any more. */
export function forgetLeft(run: Run): Run {
  return (run.status.state === 'queued' || run.status.state === 'offered') &&
    run.status.left !== null
    ? { ...run, status: { ...run.status, left: null } }
    : run;
}

export function end(run: Run, state: EndState, now: number, error: ErrorBody | null): Run {
  return { ...run, status: { state, endedAt: now, error } };
}

export function cancelled(reason: string): ErrorBody {
  return { code: 'CANCELLED', message: reason, remedy: 'Start it again when it is wanted.' };
}
