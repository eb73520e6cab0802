import { attemptKey, sameAttempt, type AttemptRef } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ErrorCode } from '../../runtime/error-codes.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { StopStatus } from '../../runtime/worker-messages.ts';
import { Attempt } from './attempt.ts';
import { ChangeSignal } from '../../runtime/change-signal.ts';
import type { OutboxStore } from '../outbox/outbox.ts';

/** Runs one attempt's worker from start to end; see attempt-life.ts. */
export type Live = (attempt: Attempt, job: Job) => Promise<void>;

const DISCARD_AGAIN_MS = 5_000;

export interface AttemptsOptions {
  readonly store: OutboxStore;
  readonly live: Live;
  /** Worker processes at once. */
  readonly capacity: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends repeated tries at deleting an attempt; the next start of the runner deletes it then. */
  readonly signal: AbortSignal;
}

/**
 * Every attempt this runner holds, over all sessions.
 *
 * Invariants: an attempt is in here from the moment it is journalled until its files are deleted; an attempt leaves only
 * by `finish` (all acknowledged) or `drop` (not wanted), and its files are deleted only after its worker is gone. There are
 * never more worker processes than places: a place is taken before a worker is started and given back when its process is gone.
 */
export class Attempts {
  /** Rings whenever an attempt comes, changes state, makes progress or goes. */
  readonly changed = new ChangeSignal();
  readonly #options: AttemptsOptions;
  readonly #held = new Map<string, Attempt>();
  readonly #lives = new Map<string, Promise<void>>();
  readonly #tasks = new Set<Promise<void>>();
  /** Places of attempts that are being journalled. */
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

  /** Places taken, those of workers that are being ended included. */
  occupied(): number {
    return this.all().filter((attempt) => attempt.occupied).length + this.#reserved;
  }

  /** What keeps an attempt from going on, DISK_FULL for example. */
  condition(): ErrorCode | undefined {
    return this.all().find(({ condition }) => condition !== undefined)?.condition;
  }

  spoolBytes(): number {
    return this.#options.store.bytes();
  }

  /** Takes in what an earlier process left. */
  adopt(attempt: Attempt): void {
    this.#held.set(attempt.key, attempt);
    this.changed.notify();
  }

  /** Journals the job, then starts its worker. Resolves when journalled; rejects with AT_CAPACITY, DISK_FULL or SPOOL_FULL. */
  async begin(job: Job): Promise<Attempt> {
    const { store, live } = this.#options;
    this.#assertPlace();
    this.#reserved += 1;
    const outbox = await store.create(job).finally(() => (this.#reserved -= 1));
    const attempt = new Attempt(outbox, { name: 'starting' });
    this.#held.set(attempt.key, attempt);
    this.changed.notify();
    const life = live(attempt, job).finally(() => this.#lives.delete(attempt.key));
    this.#lives.set(attempt.key, life);
    this.#task(life);
    return attempt;
  }

  #assertPlace(): void {
    const { capacity } = this.#options;
    if (this.occupied() < capacity) return;
    throw new RunnerError('AT_CAPACITY', `all ${capacity} places are taken`);
  }

  stopAll(reason: RunnerError, status: StopStatus): void {
    for (const attempt of this.all()) attempt.requestStop({ reason, status });
  }

  killAll(): void {
    for (const { state } of this.all()) if (state.name === 'running') state.worker.kill();
  }

  /** The control plane has stored all of it: deletes it once its worker is gone. */
  finish(attempt: Attempt): void {
    if (attempt.state.name === 'gone') return;
    this.#remove(attempt);
    this.#options.logger.log('info', 'attempt delivered', { attempt: attempt.key });
  }

  /** Stops it at once and deletes it. */
  drop(attempt: Attempt, reason: RunnerError): void {
    if (attempt.state.name === 'gone') return;
    if (attempt.state.name === 'running') attempt.state.worker.kill();
    this.#remove(attempt);
    this.#options.logger.log('warn', 'attempt dropped', {
      attempt: attempt.key,
      code: reason.code,
      reason: reason.message,
    });
  }

  /** Resolves when no worker runs and nothing is being deleted. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #remove(attempt: Attempt): void {
    attempt.become({ name: 'gone' });
    this.changed.notify();
    this.#task(this.#discard(attempt));
  }

  async #discard(attempt: Attempt): Promise<void> {
    await this.#lives.get(attempt.key);
    while (!(await this.#deleted(attempt))) {
      if (this.#options.signal.aborted) return;
      await this.#options.clock
        .sleep(DISCARD_AGAIN_MS, this.#options.signal)
        .catch(() => undefined);
    }
    this.#held.delete(attempt.key);
    this.changed.notify();
  }

  async #deleted(attempt: Attempt): Promise<boolean> {
    try {
      await attempt.outbox.discard();
      return true;
    } catch (thrown) {
      this.#options.logger.log('error', 'failed to delete an attempt; trying again', {
        attempt: attempt.key,
        error: String(RunnerError.from(thrown)),
      });
      return false;
    }
  }

  #task(work: Promise<void>): void {
    const task = work
      .catch((thrown: unknown) =>
        this.#options.logger.log('error', 'failed to clean up an attempt', {
          error: String(RunnerError.from(thrown)),
        }),
      )
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }
}
