import type { Failure } from '../../../foundation/src/domain/failure.ts';
import { attemptKey, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { Job } from '../../../foundation/src/domain/job.ts';
import type { Progress } from '../../../foundation/src/domain/progress.ts';
import type { Outbox } from '../../../src/link/outbox/outbox.ts';
import type { StartWorker, WorkerHandle } from '../../../src/link/workers/worker-handle.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import type { Figures } from '../../../foundation/src/runtime/worker-figures.ts';
import type { StopStatus } from '../../../foundation/src/runtime/worker-messages.ts';
import type { MemoryOutbox } from './memory-outbox.ts';

/** A worker that a test controls. */
export class ScriptedWorker implements WorkerHandle {
  readonly ref: AttemptRef;
  readonly pid = 4711;
  readonly job: Job;
  readonly outbox: MemoryOutbox;
  readonly stops: { reason: Failure; status: StopStatus }[] = [];
  killed = false;
  /** Each end of its lease that was passed to it. */
  readonly leases: number[] = [];
  /** Whether a cancel makes it write its outcome and end. */
  obedient = true;
  /** Whether its process ends as soon as it is killed. */
  mortal = true;
  readonly #exit = Promise.withResolvers<void>();
  #alive = true;
  #listener: (progress: Progress) => void = () => undefined;
  #conditionListener: (code: ErrorCode | undefined) => void = () => undefined;
  #figuresListener: (figures: Figures) => void = () => undefined;

  constructor(job: Job, outbox: MemoryOutbox) {
    this.ref = job.ref;
    this.job = job;
    this.outbox = outbox;
  }

  get exited(): Promise<void> {
    return this.#exit.promise;
  }

  leaseUntil(endsAt: number): void {
    this.leases.push(endsAt);
  }

  cancel(reason: Failure, status: StopStatus): void {
    this.stops.push({ reason, status });
    if (this.obedient) this.finish(status);
  }

  kill(): void {
    this.killed = true;
    if (this.mortal) this.exit();
  }

  /** Whether its process runs. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Ends its process, also when it is not mortal. */
  exit(): void {
    this.#alive = false;
    this.#exit.resolve();
  }

  onProgress(listener: (progress: Progress) => void): void {
    this.#listener = listener;
  }

  onCondition(listener: (code: ErrorCode | undefined) => void): void {
    this.#conditionListener = listener;
  }

  onFigures(listener: (figures: Figures) => void): void {
    this.#figuresListener = listener;
  }

  figures(figures: Omit<Figures, 'type'>): void {
    this.#figuresListener({ type: 'figures', ...figures });
  }

  condition(code: ErrorCode | undefined): void {
    this.#conditionListener(code);
  }

  progress(done: number): void {
    this.#listener({ phase: 'describe', done, total: 10, apiCalls: done });
  }

  write(count: number, size = 100): void {
    for (let index = 0; index < count; index++)
      this.outbox.append({ kind: 'log', n: this.outbox.lines.length + 1, pad: 'x'.repeat(size) });
  }

  finish(status = 'success'): void {
    this.outbox.append({ kind: 'outcome', status }, true);
    this.exit();
  }
}

export class ScriptedWorkers {
  readonly started: ScriptedWorker[] = [];
  /** Run for each worker as it starts. */
  script: (worker: ScriptedWorker) => void = () => undefined;

  readonly start: StartWorker = async (job: Job, outbox: Outbox) => {
    const worker = new ScriptedWorker(job, outbox as MemoryOutbox);
    this.started.push(worker);
    this.script(worker);
    return worker;
  };

  of(ref: AttemptRef): ScriptedWorker {
    return this.started.find((worker) => attemptKey(worker.ref) === attemptKey(ref))!;
  }
}
