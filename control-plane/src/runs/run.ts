/**
 * A run and its state transitions. Invariants:
 * - `lastEpoch` is the highest epoch ever used for this run. Each offer uses `lastEpoch + 1`, and a
 *   runner that reports a higher one (the store was restored from a backup) raises it, so no epoch
 *   is used twice.
 * - `epoch` identifies the current attempt. Only an active run (offered or running) takes data,
 *   only with exactly `epoch`, only from its holder. At most one runner may write at any time.
 * - `epoch` decreases in one case: an attempt whose lease expired (`left`) returns before another
 *   attempt has started. Offers made since then carry a higher epoch, have not started, and are
 *   rejected from then on. `left` is cleared as soon as another attempt of this run or of its
 *   service starts, so older data never follows newer data.
 * - `attempt` increases when an attempt that may have started is abandoned; a rejected offer does
 *   not count.
 * - An ended run never changes state again.
 * - Deadlines in a status (`notBefore`, `answerBy`, `leaseUntil`, `until`) are monotonic times of
 *   this process. After a restart they are recomputed before anything reads them (deadlines.ts); a
 *   change of the wall clock does not move them.
 */
import type { Moment } from '../runtime/clock.ts';
import type { ErrorBody } from '../runtime/errors.ts';
import type { JobKind } from './job-kinds.ts';

export const END_STATES = ['success', 'partialSuccess', 'failed', 'cancelled', 'expired'] as const;
export type EndState = (typeof END_STATES)[number];
export const RUN_STATES = ['queued', 'offered', 'running', ...END_STATES] as const;

/** One process of a runner. */
export interface Holder {
  readonly runnerId: string;
  /** The boot id from the hello of the process. */
  readonly bootId: string;
}

/** An attempt whose lease expired and that may still return. */
export interface LapsedAttempt {
  readonly runnerId: string;
  readonly epoch: number;
  readonly attempt: number;
}

/** The time without a suitable runner. */
export interface Absence {
  /** Unix time. */
  readonly since: number;
  /** Monotonic time at which the run expires. */
  readonly until: number;
}

export interface Queued {
  readonly state: 'queued';
  readonly notBefore: number;
  /** Unix time at which the pause before the next attempt ends; null without a pause. */
  readonly retryAt: number | null;
  readonly left: LapsedAttempt | null;
  readonly absence: Absence | null;
}
export interface Offered extends Holder {
  readonly state: 'offered';
  readonly answerBy: number;
  readonly left: LapsedAttempt | null;
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

/** A time at which the schedule of a pipeline starts a run. */
export interface Slot {
  /** Unix time. */
  readonly at: number;
  /** 0 for the first run of the slot, then one more for each repetition after a failed run. */
  readonly retry: number;
}

export interface Run {
  readonly id: string;
  readonly kind: JobKind;
  readonly service: string;
  readonly pipeline: string | null;
  /** OpenMetadata's workflow document as JSON text; secrets only as references. */
  readonly workflow: string;
  /** Id or name of the required runner; null for any. */
  readonly pinnedTo: string | null;
  /** The pool whose runners may take it; null for any. */
  readonly pool: string | null;
  /** The slot of the pipeline's schedule; null for a run that was started by hand. */
  readonly slot: Slot | null;
  readonly status: RunStatus;
  readonly attempt: number;
  /** Of the current attempt; 0 before the first offer. */
  readonly epoch: number;
  /** The highest epoch ever used. */
  readonly lastEpoch: number;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  /** Why the run was canceled; null unless it was. */
  readonly cancelReason: string | null;
  /** Ids of runners that rejected it permanently. */
  readonly rejectedBy: readonly string[];
  /** Why the previous attempt was abandoned; null for the first. */
  readonly lastFailure: ErrorBody | null;
  /** Maximum duration of an attempt; 0 for the runner's own limit. */
  readonly deadlineMs: number;
  /** A full run: its offers carry no catalog revision, so the runner reads and sends everything. */
  readonly fullRun: boolean;
  /** False once its records were deleted to save space. */
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

/** The runner that holds the run; undefined for none. */
export function holder(run: Run): string | undefined {
  return run.status.state === 'offered' || run.status.state === 'running'
    ? run.status.runnerId
    : undefined;
}

/** Whether this runner may write with this epoch. */
export function isHeldBy(run: Run, runnerId: string, epoch: number): boolean {
  return run.epoch === epoch && holder(run) === runnerId;
}

/** Whether the attempt's lease expired and no other attempt has started since. */
export function canReturn(
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

/** Starts the attempt or renews its lease from now. */
export function renew(run: Run, { runnerId, bootId }: Holder, at: Moment, ttlMs: number): Run {
  return {
    ...run,
    startedAt: run.startedAt ?? at.now,
    status: { state: 'running', runnerId, bootId, leaseUntil: at.monotonic + ttlMs },
  };
}

/** Makes an attempt whose lease expired the current one again. Requires `canReturn`. */
export function resumeLapsed(
  run: Run,
  by: Holder,
  { attempt, epoch }: AttemptId,
  at: Moment,
  ttlMs: number,
): Run {
  return renew({ ...run, attempt, epoch }, by, at, ttlMs);
}

/** Records that a runner holds an attempt with this epoch, so the epoch has been used. */
export function withEpochUsed(run: Run, epoch: number): Run {
  return epoch > run.lastEpoch ? { ...run, lastEpoch: epoch } : run;
}

/** Returns an offer that no runner accepted to the queue: the attempt has not started. */
export function offerAgain(run: Run, notBefore: number): Run {
  const left = run.status.state === 'offered' ? run.status.left : null;
  return { ...run, status: { state: 'queued', notBefore, retryAt: null, left, absence: null } };
}

export interface Abandoning {
  readonly at: Moment;
  readonly maxAttempts: number;
  /** Before the next attempt; 0 by default. */
  readonly pauseMs?: number;
  /** The attempt may return, because only its lease expired. */
  readonly canReturn?: boolean;
}

/**
 * Abandons the attempt: the run is canceled if that was requested, queued again while `maxAttempts`
 * allows, otherwise failed.
 */
export function abandonAttempt(
  run: Run,
  reason: ErrorBody,
  { at, maxAttempts, pauseMs = 0, canReturn: lapses = false }: Abandoning,
): Run {
  if (run.cancelReason !== null) return end(run, 'cancelled', at.now, canceled(run.cancelReason));
  if (run.attempt >= maxAttempts) {
    const message = `${reason.message} (attempt ${run.attempt} of ${maxAttempts})`;
    return end(run, 'failed', at.now, { ...reason, message });
  }
  const left =
    lapses && run.status.state === 'running'
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

/** Clears the lapsed attempt, because another attempt of the service has started. */
export function forgetLapsed(run: Run): Run {
  return (run.status.state === 'queued' || run.status.state === 'offered') &&
    run.status.left !== null
    ? { ...run, status: { ...run.status, left: null } }
    : run;
}

export function end(run: Run, state: EndState, now: number, error: ErrorBody | null): Run {
  return { ...run, status: { state, endedAt: now, error } };
}

export function canceled(reason: string): ErrorBody {
  return { code: 'CANCELLED', message: reason, remedy: 'Start the run again if needed.' };
}
