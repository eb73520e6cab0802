import type { Job } from '../../../foundation/src/domain/job.ts';
import { ChangeSignal } from '../../../foundation/src/runtime/change-signal.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { runAfter } from '../../../foundation/src/runtime/wait.ts';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
import type { Tracer } from '../../../foundation/src/logging/tracer.ts';
import type { StartWorker, WorkerHandle } from '../workers/worker-handle.ts';
import type { Attempt } from './attempt.ts';
import { recordBegin, recordEnd, type EndDeps } from './end-of-attempt.ts';
import { beginTrace, countEnded, countFigures } from './observe-attempt.ts';
import { writeOutcome, type OutcomeDeps } from './outcome.ts';
import { diskFullError, untilDiskFullTooLong } from './disk-full.ts';

/** How long a worker may outlive an attempt that is gone. */
const LINGER_MS = 5_000;
/** The longest that a timer can wait. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export interface RunDeps extends OutcomeDeps, EndDeps {
  readonly startWorker: StartWorker;
  /** How long an attempt may wait for room on disk that no delivery can make. */
  readonly diskFullMs: number;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
}

/**
 * Starts the worker of an attempt, enforces its deadline, and ensures that an outcome is written.
 * Never rejects.
 */
export async function runAttempt(attempt: Attempt, job: Job, deps: RunDeps): Promise<void> {
  const { onChange, clock } = deps;
  const startedAt = clock.monotonic();
  recordBegin(attempt, job, deps);
  beginTrace(attempt, job, deps.tracer);
  try {
    const worker = await deps.startWorker(job, attempt.outbox);
    if (attempt.state.name === 'gone') worker.kill();
    await superviseWorker(worker, attempt, job.deadlineMs, deps);
  } catch (thrown) {
    noteStartFailure(attempt, thrown, deps);
  }
  attempt.vacate();
  countEnded(attempt, job, clock.monotonic() - startedAt, deps.metrics);
  onChange();
  await writeOutcome(attempt, deps);
  attempt.become({ name: 'ended' });
  onChange();
  await recordEnd(attempt, deps);
}

function noteStartFailure(attempt: Attempt, thrown: unknown, { logger }: RunDeps): void {
  const error = RunnerError.from(thrown);
  const reason =
    error.code === 'DISK_FULL'
      ? error
      : new RunnerError('WORKER_DIED', 'failed to start the worker process', { cause: thrown });
  attempt.requestStop({ reason, status: 'interrupted' });
  logger.log('error', 'failed to start worker', { attempt: attempt.key, ...errorFields(error) });
}

/** Resolves when the worker process has ended. */
async function superviseWorker(
  worker: WorkerHandle,
  attempt: Attempt,
  deadlineMs: number,
  deps: RunDeps,
): Promise<void> {
  const { onChange, logger, metrics } = deps;
  const conditionChanged = new ChangeSignal();
  attempt.become({ name: 'running', worker });
  worker.onProgress((progress) => {
    attempt.noteProgress(progress);
    onChange();
  });
  worker.onCondition((code) => {
    attempt.noteCondition(code);
    conditionChanged.notify();
    onChange();
  });
  worker.onFigures((figures) => {
    attempt.noteFigures(figures);
    countFigures(figures, metrics);
  });
  onChange();
  logger.log('info', 'worker started', { attempt: attempt.key, pid: worker.pid });
  const exited = new AbortController();
  stopAtDeadline(attempt, deadlineMs, deps, exited.signal);
  stopWhenDiskStaysFull(attempt, conditionChanged, deps, exited.signal);
  killWhenGone(worker, attempt, deps, exited.signal);
  await worker.exited;
  exited.abort();
}

function stopAtDeadline(
  attempt: Attempt,
  deadlineMs: number,
  { clock }: RunDeps,
  exited: AbortSignal,
): void {
  const stop = (): void => {
    const message = `the attempt exceeded its deadline of ${deadlineMs} ms`;
    attempt.requestStop({
      reason: new RunnerError('DEADLINE_EXCEEDED', message),
      status: 'expired',
    });
  };
  runAfter(clock, Math.min(deadlineMs, TIMER_MAX_MS), stop, exited);
}

function stopWhenDiskStaysFull(
  attempt: Attempt,
  conditionChanged: ChangeSignal,
  deps: RunDeps,
  exited: AbortSignal,
): void {
  const stop = (): void => attempt.requestStop({ reason: diskFullError(), status: 'interrupted' });
  untilDiskFullTooLong(attempt, conditionChanged, deps, exited).then(stop, () => undefined);
}

function killWhenGone(
  worker: WorkerHandle,
  attempt: Attempt,
  { clock }: RunDeps,
  exited: AbortSignal,
): void {
  const kill = (): void => runAfter(clock, LINGER_MS, () => worker.kill(), exited);
  attempt.gone.addEventListener('abort', kill, { once: true });
}
