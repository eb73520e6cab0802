import type { Failure } from '../../domain/failure.ts';
import type { AttemptRef } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { Progress } from '../../domain/progress.ts';
import type { ErrorCode } from '../../runtime/error-codes.ts';
import type { StopStatus } from '../../runtime/worker-messages.ts';
import type { Outbox } from '../outbox/outbox.ts';

/** A worker process as the link sees it: something that runs one attempt, writes to its outbox and ends. */
export interface WorkerHandle {
  readonly ref: AttemptRef;
  readonly pid: number;
  /** Until when it may work, on the clock's uptime. It ends by itself then, whatever has become of this process. */
  leaseUntil(endsAt: number): void;
  /** Asks it to end with an outcome of this status; one that does not is killed after its grace. */
  cancel(reason: Failure, status: StopStatus): void;
  /** Ends it at once; no outcome is written. */
  kill(): void;
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<void>;
  onProgress(listener: (progress: Progress) => void): void;
  /** Calls the listener with what the worker has begun to wait for, DISK_FULL for example, and with undefined when that has passed. */
  onCondition(listener: (code: ErrorCode | undefined) => void): void;
}

/** Starts a worker for a job whose outbox exists. Rejects when no process could be started. */
export type StartWorker = (job: Job, outbox: Outbox) => Promise<WorkerHandle>;
