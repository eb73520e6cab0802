import type { Job } from '../../domain/job.ts';
import type { Logger } from '../../observability/logger.ts';
import { untilAborted } from '../../runtime/abort.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Attempt } from './attempt.ts';
import { ChangeSignal } from '../../runtime/change-signal.ts';
import { noRoom, untilHopeless } from './disk-room.ts';
import type { OutboxStore } from '../outbox/outbox.ts';
import type { StartWorker, WorkerHandle } from '../workers/worker-handle.ts';

const CLOSE_AGAIN_MS = 5_000;
/** How long a worker may outlive an attempt that needs it no more. */
const LINGER_MS = 5_000;
/** The longest that a timer can wait. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export interface LifeOptions {
  readonly store: OutboxStore;
  readonly startWorker: StartWorker;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long an attempt may wait for room on disk that no delivery can make. */
  readonly diskFullMs: number;
  /** Called after each change of state and each progress. */
  readonly changed: () => void;
  /** Ends repeated tries at writing an outcome; the next start of the runner writes it then. */
  readonly signal: AbortSignal;
}

/** Starts the worker of an attempt, holds it to its deadline, and sees to it that an outcome is written. Never rejects. */
export async function live(attempt: Attempt, job: Job, options: LifeOptions): Promise<void> {
  const { logger, changed } = options;
  try {
    const worker = await options.startWorker(job, attempt.outbox);
    if (attempt.state.name === 'gone') worker.kill();
    attempt.become({ name: 'running', worker });
    worker.onProgress((progress) => {
      attempt.noteProgress(progress);
      changed();
    });
    const conditionChanged = new ChangeSignal();
    worker.onCondition((code) => {
      attempt.noteCondition(code);
      conditionChanged.notify();
      changed();
    });
    changed();
    logger.log('info', 'worker started', { attempt: attempt.key, pid: worker.pid });
    await underDeadline(worker, attempt, job.deadlineMs, conditionChanged, options);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    attempt.requestStop({
      reason:
        error.code === 'DISK_FULL'
          ? error
          : new RunnerError('WORKER_DIED', 'the worker could not be started', { cause: thrown }),
      status: 'interrupted',
    });
    logger.log('error', 'worker could not be started', {
      attempt: attempt.key,
      error: String(error),
    });
  }
  attempt.vacate();
  changed();
  await close(attempt, options);
  attempt.become({ name: 'ended' });
  changed();
}

async function underDeadline(
  worker: WorkerHandle,
  attempt: Attempt,
  deadlineMs: number,
  conditionChanged: ChangeSignal,
  { store, clock, diskFullMs }: LifeOptions,
): Promise<void> {
  const over = new AbortController();
  void clock.sleep(Math.min(deadlineMs, TIMER_MAX_MS), over.signal).then(
    () =>
      attempt.requestStop({
        reason: new RunnerError(
          'DEADLINE_EXCEEDED',
          `the attempt ran longer than ${deadlineMs} ms`,
        ),
        status: 'expired',
      }),
    () => undefined,
  );
  void untilHopeless(attempt, conditionChanged, store, diskFullMs, clock, over.signal).then(
    () => attempt.requestStop({ reason: noRoom(), status: 'interrupted' }),
    () => undefined,
  );
  attempt.gone.addEventListener(
    'abort',
    () =>
      void clock.sleep(LINGER_MS, over.signal).then(
        () => worker.kill(),
        () => undefined,
      ),
    { once: true },
  );
  await worker.exited;
  over.abort();
}

/** What is known here of why a worker ended by itself. */
function whyEnded(attempt: Attempt, clock: Clock): RunnerError | undefined {
  if (attempt.condition === 'DISK_FULL') return noRoom();
  if (attempt.leaseEndsAt !== undefined && attempt.leaseEndsAt <= clock.uptime())
    return new RunnerError('LEASE_LOST', 'the lease ran out before it was renewed');
  return undefined;
}

/** Writes the outcome of an attempt that has none, again and again until there is room for it. Never rejects. */
export async function close(
  attempt: Attempt,
  { store, clock, logger, signal, changed }: Omit<LifeOptions, 'startWorker'>,
  fallback = new RunnerError('WORKER_DIED', 'the worker ended without an outcome'),
): Promise<void> {
  const reason = attempt.stopRequest?.reason ?? whyEnded(attempt, clock) ?? fallback;
  while (attempt.state.name !== 'gone' && !attempt.outbox.durable().complete) {
    try {
      await store.closeInterrupted(attempt.ref, reason.toFailure());
      return;
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      logger.log('error', 'outcome could not be written', {
        attempt: attempt.key,
        error: String(error),
      });
      attempt.noteCondition(error.code === 'DISK_FULL' ? error.code : undefined);
      changed();
    }
    const again = clock
      .sleep(CLOSE_AGAIN_MS, AbortSignal.any([signal, attempt.gone]))
      .catch(() => undefined);
    await untilAborted(again, signal).catch(() => undefined);
    if (signal.aborted) return;
  }
}
