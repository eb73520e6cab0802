import type { RunId } from '../domain/ids.ts';
import type { JobKind } from '../domain/job.ts';
import type { OutcomeStatus } from '../domain/record.ts';

export interface TracedAttempt {
  readonly runId: RunId;
  readonly attempt: number;
  readonly kind: JobKind;
  /** The span that it belongs to, if the control plane named one. */
  readonly traceparent: string | undefined;
}

/** The trace of one attempt. Times are Unix times in milliseconds. */
export interface AttemptTrace {
  /** A part of it that is over, also one that outlasts its worker: `sign-in`, `delivery`. */
  part(name: string, startedAt: number, endedAt: number): void;
  /** Its worker has ended. */
  ended(outcome: OutcomeStatus | 'dropped'): void;
}

/** Records what attempts do and when. Never throws. */
export interface Tracer {
  begin(attempt: TracedAttempt): AttemptTrace;
}

const noTrace: AttemptTrace = { part: () => undefined, ended: () => undefined };

/** Records nothing. */
export const noTracer: Tracer = { begin: () => noTrace };
