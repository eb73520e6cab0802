import type { Failure } from '../../../foundation/src/domain/failure.ts';
import type { AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { Job } from '../../../foundation/src/domain/job.ts';
import type { Progress } from '../../../foundation/src/domain/progress.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import type { Figures } from '../../../foundation/src/runtime/worker-figures.ts';
import type { StopStatus } from '../../../foundation/src/runtime/worker-messages.ts';
import type { Outbox } from '../outbox/outbox.ts';

/** A worker process: it runs one attempt, writes to its outbox and ends. */
export interface WorkerHandle {
  readonly ref: AttemptRef;
  readonly pid: number;
  /**
   * Passes the end of its lease, on the clock's uptime. The worker then ends by itself, even if
   * this process has died.
   */
  leaseUntil(endsAt: number): void;
  /**
   * Asks it to end with an outcome of this status. It is killed if it does not end within its grace
   * period.
   */
  cancel(reason: Failure, status: StopStatus): void;
  /** Kills it; no outcome is written. */
  kill(): void;
  /** Resolves when the process has ended and its records are recovered; never rejects. */
  readonly exited: Promise<void>;
  onProgress(listener: (progress: Progress) => void): void;
  /**
   * Calls the listener with the condition that the worker waits for, DISK_FULL for example, and
   * with undefined when it is over.
   */
  onCondition(listener: (code: ErrorCode | undefined) => void): void;
  onFigures(listener: (figures: Figures) => void): void;
}

/** Starts a worker for a job whose outbox exists. Rejects when the process cannot be started. */
export type StartWorker = (job: Job, outbox: Outbox) => Promise<WorkerHandle>;
