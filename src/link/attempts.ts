import { attemptKey, sameAttempt, type AttemptRef } from '../domain/ids.ts';
import type { Job } from '../domain/job.ts';
import type { Logger } from '../observability/logger.ts';
import type { ErrorCode } from '../runtime/error-codes.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { StopStatus } from '../runtime/worker-messages.ts';
import { Attempt } from './attempt.ts';
import { Bell } from './bell.ts';
import type { OutboxStore } from './outbox.ts';

/** Runs one attempt's worker from start to end; see attempt-life.ts. */
export type Live = (attempt: Attempt, job: Job) => Promise<void>;

/**
 * Every attempt this runner holds, over all sessions.
 *
 * Invariants: an attempt is in here from the moment it is journalled until its files are deleted; an attempt leaves only
 * by `finish` (all acknowledged) or `drop` (not wanted), and its files are deleted only after its worker is gone.
 */
export class Attempts {
  /** Rings whenever an attempt comes, changes state, makes progress or goes. */
  readonly changed = new Bell();
  readonly #store: OutboxStore;
  readonly #logger: Logger;
  readonly #live: Live;
  readonly #held = new Map<string, Attempt>();
  readonly #lives = new Map<string, Promise<void>>();
  readonly #tasks = new Set<Promise<void>>();

  constructor(store: OutboxStore, live: Live, logger: Logger) {
    this.#store = store;
    this.#live = live;
    this.#logger = logger;
  }

  all(): readonly Attempt[] {
    return [...this.#held.values()];
  }

  get(ref: AttemptRef): Attempt | undefined {
    return this.#held.get(attemptKey(ref));
  }

  ofRun(ref: AttemptRef): readonly Attempt[] {
    return this.all().filter((attempt) => attempt.ref.runId === ref.runId && !sameAttempt(attempt.ref, ref));
  }

  /** Places taken. */
  working(): number {
    return this.all().filter((attempt) => attempt.working).length;
  }

  /** What keeps an attempt from going on, DISK_FULL for example. */
  condition(): ErrorCode | undefined {
    return this.all().find(({ condition }) => condition !== undefined)?.condition;
  }

  spoolBytes(): number {
    return this.#store.bytes();
  }

  /** Takes in what an earlier process left; its outcome is durable. */
  adopt(attempt: Attempt): void {
    this.#held.set(attempt.key, attempt);
    this.changed.ring();
  }

  /** Journals the job, then starts its worker. Resolves when journalled; rejects with DISK_FULL or SPOOL_FULL. */
  async begin(job: Job): Promise<Attempt> {
    const attempt = new Attempt(await this.#store.create(job), { name: 'starting' });
    this.#held.set(attempt.key, attempt);
    this.changed.ring();
    const life = this.#live(attempt, job).finally(() => this.#lives.delete(attempt.key));
    this.#lives.set(attempt.key, life);
    this.#task(life);
    return attempt;
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
    this.#logger.log('info', 'attempt delivered', { attempt: attempt.key });
  }

  /** Stops it at once and deletes it. */
  drop(attempt: Attempt, reason: RunnerError): void {
    if (attempt.state.name === 'gone') return;
    if (attempt.state.name === 'running') attempt.state.worker.kill();
    this.#remove(attempt);
    this.#logger.log('warn', 'attempt dropped', { attempt: attempt.key, code: reason.code, reason: reason.message });
  }

  /** Resolves when no worker runs and nothing is being deleted. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #remove(attempt: Attempt): void {
    attempt.become({ name: 'gone' });
    this.changed.ring();
    this.#task(this.#discard(attempt));
  }

  async #discard(attempt: Attempt): Promise<void> {
    await this.#lives.get(attempt.key);
    await attempt.outbox.discard();
    this.#held.delete(attempt.key);
    this.changed.ring();
  }

  #task(work: Promise<void>): void {
    const task = work
      .catch((thrown: unknown) => this.#logger.log('error', 'an attempt could not be put away', { error: String(RunnerError.from(thrown)) }))
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }
}
