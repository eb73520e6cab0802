import type { Failure } from '../../../foundation/src/domain/failure.ts';
import type { AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { JobKind } from '../../../foundation/src/domain/job.ts';
import type { ProcessIdentity } from '../../../foundation/src/runtime/processes.ts';
import type { LogLevel, OutcomeStatus } from '../../../foundation/src/domain/record.ts';

export interface AttemptStart {
  readonly ref: AttemptRef;
  readonly kind: JobKind;
  /** As the job names it; absent if it names none. */
  readonly service?: string;
  /** Unix time in milliseconds, as all times here. */
  readonly startedAt: number;
  /** Of a run that a command has started. */
  readonly process?: ProcessIdentity;
}

export interface AttemptEnd {
  /** `dropped`: its records were no longer wanted. */
  readonly status: OutcomeStatus | 'dropped';
  readonly endedAt: number;
  readonly error?: Failure;
  readonly records: number;
  readonly counts: Readonly<Record<string, number>>;
}

export interface LoggedLine {
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * What this machine remembers of its recent attempts, for its operator. Nothing depends on it: a
 * part that cannot be written is missing, and the attempt continues.
 */
export interface History {
  begin(start: AttemptStart): void;
  /** The end of an attempt, also of one that an earlier process began. Never rejects. */
  end(ref: AttemptRef, end: AttemptEnd): Promise<void>;
}

/** Remembers nothing. */
export const NO_HISTORY: History = { begin: () => undefined, end: () => Promise.resolve() };
