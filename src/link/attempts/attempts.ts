import { attemptKey, sameAttempt, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { Job } from '../../../foundation/src/domain/job.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { sleepUnlessAborted } from '../../../foundation/src/runtime/wait.ts';
import type { StopStatus } from '../../../foundation/src/runtime/worker-messages.ts';
import { Attempt } from './attempt.ts';
import { ChangeSignal } from '../../../foundation/src/runtime/change-signal.ts';
import { EventCount } from '../../../foundation/src/runtime/event-count.ts';
import type { OutboxStore } from '../outbox/outbox.ts';

const DISCARD_RETRY_MS = 5_000;

export interface AttemptsOptions {
  readonly store: OutboxStore;
  /** Runs the worker of an attempt from start to end, see supervise-attempt.ts. */
  readonly run: (attempt: Attempt, job: Job) => Promise<void>;
  /** Largest number of worker processes at a time. */
  readonly capacity: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends retries of deletions; the next start of the runner then deletes the attempts. */
  readonly signal: AbortSignal;
}

/**
 * Every attempt that this runner holds, across sessions.
 *
 * Invariants: an attempt is held from when it is journaled until its files are deleted. It leaves
 * only by `finish` (all acknowledged) or `drop` (not wanted), and its files are deleted only after
 * its worker has ended. The number of worker processes never exceeds the capacity: a slot is
 * reserved before a worker is started and freed when its process has ended.
 */
export class Attempts {
  /** Notifies when an attempt is added, changes state, makes progress or is deleted. */
  readonly changed = new ChangeSignal();
  /** Counts the ends of workers. */
  readonly ended = new EventCount();
  readonly #options: AttemptsOptions;
  readonly #held = new Map<string, Attempt>();
  readonly #runs = new Map<string, Promise<void>>();
  readonly #tasks = new Set<Promise<void>>();
  /** Slots of attempts that are being journaled. */
  #reserved = 0;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  all(): readonly Attempt[] {
    return [...this.#held.values()];
  }

  get(ref: AttemptRef): Attempt | undefined {
    return this.#held.get(attemptKey(ref));
  }

  ofRun(ref: AttemptRef): readonly Attempt[] {
    return this.all().filter(
      (attempt) => attempt.ref.runId === ref.runId && !sameAttempt(attempt.ref, ref),
    );
  }

  working(): number {
    return this.all().filter((attempt) => attempt.working).length;
  }

  /** Slots in use, including those of workers that are being ended. */
  occupied(): number {
    return this.all().filter((attempt) => attempt.occupied).length + this.#reserved;
  }

  /** What the worker of some attempt waits for, DISK_FULL for example. */
  condition(): ErrorCode | undefined {
    return this.all().find(({ condition }) => condition !== undefined)?.condition;
  }

  spoolBytes(): number {
    return this.#options.store.bytes;
  }

  /** Adds an attempt of an earlier process. */
  adopt(attempt: Attempt): void {
    this.#held.set(attempt.key, attempt);
    this.changed.notify();
  }

  /**
   * Journals the job, then starts its worker. Resolves when journaled; rejects with AT_CAPACITY,
   * DISK_FULL or SPOOL_FULL.
   */
  async begin(job: Job): Promise<Attempt> {
    const { store, run } = this.#options;
    this.assertCapacity();
    this.#reserved += 1;
    const outbox = await store.create(job).finally(() => (this.#reserved -= 1));
    const attempt = new Attempt(outbox, { name: 'starting' });
    this.#held.set(attempt.key, attempt);
    this.changed.notify();
    const running = run(attempt, job).finally(() => {
      this.#runs.delete(attempt.key);
      this.ended.add();
    });
    this.#runs.set(attempt.key, running);
    this.#track(attempt, running);
    return attempt;
  }

  /** Throws AT_CAPACITY. */
  assertCapacity(): void {
    const { capacity } = this.#options;
    const occupied = this.occupied();
    if (occupied < capacity) return;
    throw new RunnerError('AT_CAPACITY', `at capacity (${occupied} of ${capacity} runs)`);
  }

  stopAll(reason: RunnerError, status: StopStatus): void {
    for (const attempt of this.all()) attempt.requestStop({ reason, status });
  }

  killAll(): void {
    for (const { state } of this.all()) if (state.name === 'running') state.worker.kill();
  }

  /** The control plane has stored all of it: deletes it once its worker has ended. */
  finish(attempt: Attempt): void {
    if (attempt.state.name === 'gone') return;
    this.#remove(attempt);
    this.#options.logger.log('info', 'attempt delivered', { attempt: attempt.key });
  }

  /** Kills its worker and deletes it. */
  drop(attempt: Attempt, reason: RunnerError): void {
    if (attempt.state.name === 'gone') return;
    if (attempt.state.name === 'running') attempt.state.worker.kill();
    attempt.noteDrop(reason);
    this.#remove(attempt);
    this.#options.logger.log('warn', 'attempt dropped', {
      attempt: attempt.key,
      ...errorFields(reason),
    });
  }

  /** Resolves when no worker runs and no attempt is being deleted. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #remove(attempt: Attempt): void {
    attempt.become({ name: 'gone' });
    this.changed.notify();
    this.#track(attempt, this.#discard(attempt));
  }

  async #discard(attempt: Attempt): Promise<void> {
    await this.#runs.get(attempt.key);
    while (!(await this.#deleted(attempt))) {
      if (this.#options.signal.aborted) return;
      await sleepUnlessAborted(this.#options.clock, DISCARD_RETRY_MS, this.#options.signal);
    }
    this.#held.delete(attempt.key);
    this.changed.notify();
  }

  async #deleted(attempt: Attempt): Promise<boolean> {
    try {
      await attempt.outbox.discard();
      return true;
    } catch (thrown) {
      this.#options.logger.log('error', 'failed to delete attempt; retrying', {
        attempt: attempt.key,
        ...errorFields(thrown),
      });
      return false;
    }
  }

  #track(attempt: Attempt, work: Promise<void>): void {
    const task = work
      .catch((thrown: unknown) =>
        this.#options.logger.log('error', 'failed to clean up attempt', {
          attempt: attempt.key,
          ...errorFields(thrown),
        }),
      )
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }
}
