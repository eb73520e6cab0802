/**
 * A run and the ways it moves. Invariants:
 * - `epoch` grows with every offer, so at most one runner ever holds the right to write.
 * - Only an active run (offered or running) takes data, and only with its present epoch.
 * - `attempt` grows when an attempt that may have started is given up; a refused offer costs none.
 * - An ended run never moves again.
 */
import type { ErrorBody } from './errors.ts';

export const JOB_KINDS = ['metadata', 'test_connection'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const END_STATES = ['success', 'partialSuccess', 'failed', 'cancelled', 'expired'] as const;
export type EndState = (typeof END_STATES)[number];
export const RUN_STATES = ['queued', 'offered', 'running', ...END_STATES] as const;

interface Queued { readonly state: 'queued'; readonly notBefore: number }
interface Offered { readonly state: 'offered'; readonly runnerId: string; readonly answerBy: number }
interface Running { readonly state: 'running'; readonly runnerId: string; readonly leaseUntil: number }
interface Ended { readonly state: EndState; readonly endedAt: number; readonly error: ErrorBody | null }

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
  /** 0 before the first offer. */
  readonly epoch: number;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  /** Why somebody wants it stopped; null when nobody does. */
  readonly cancelReason: string | null;
  /** Ids of runners that have refused it for good. */
  readonly refusedBy: readonly string[];
  /** The longest an attempt of it may run; 0 for the runner's own limit. */
  readonly deadlineMs: number;
  /** False when its records have been deleted to make room. */
  readonly recordsKept: boolean;
}

export function isEnded(status: RunStatus): status is Ended {
  return status.state !== 'queued' && status.state !== 'offered' && status.state !== 'running';
}

/** The runner that holds the run now. */
export function holder(run: Run): string | undefined {
  return run.status.state === 'offered' || run.status.state === 'running' ? run.status.runnerId : undefined;
}

export function offerTo(run: Run, runnerId: string, answerBy: number): Run {
  return { ...run, epoch: run.epoch + 1, status: { state: 'offered', runnerId, answerBy } };
}

/** The holder has begun, or is still at work: its lease counts from now. */
export function renew(run: Run, runnerId: string, now: number, ttlMs: number): Run {
  return { ...run, startedAt: run.startedAt ?? now, status: { state: 'running', runnerId, leaseUntil: now + ttlMs } };
}

/** Nobody took the offer, so the attempt has not begun. */
export function offerAgain(run: Run, notBefore: number): Run {
  return { ...run, status: { state: 'queued', notBefore } };
}

/** The attempt is lost: cancelled if that was wanted anyway, tried again while `maxAttempts` allows, else failed. */
export function giveUpAttempt(run: Run, reason: ErrorBody, now: number, maxAttempts: number): Run {
  if (run.cancelReason !== null) return end(run, 'cancelled', now, cancelled(run.cancelReason));
  if (run.attempt < maxAttempts) return { ...run, attempt: run.attempt + 1, status: { state: 'queued', notBefore: now } };
  const message = `${reason.message}; that was attempt ${run.attempt} of ${maxAttempts}`;
  return end(run, 'failed', now, { ...reason, message });
}

export function end(run: Run, state: EndState, now: number, error: ErrorBody | null): Run {
  return { ...run, status: { state, endedAt: now, error } };
}

export function cancelled(reason: string): ErrorBody {
  return { code: 'CANCELLED', message: reason, remedy: 'Start it again when it is wanted.' };
}
