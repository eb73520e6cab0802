import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Failure } from '../../../foundation/src/domain/failure.ts';
import { attemptKey, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { Job } from '../../../foundation/src/domain/job.ts';
import type { Progress } from '../../../foundation/src/domain/progress.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { runAfter } from '../../../foundation/src/runtime/wait.ts';
import type { Figures } from '../../../foundation/src/runtime/worker-figures.ts';
import type { Processes } from '../../../foundation/src/runtime/processes.ts';
import {
  type FromWorker,
  fromWorkerSchema,
  type StopStatus,
  type ToWorker,
} from '../../../foundation/src/runtime/worker-messages.ts';
import type { SpoolOutbox } from '../outbox/spool-outbox.ts';
import type { SpoolOutboxStore } from '../outbox/spool-outbox-store.ts';
import { logWorkerOutput } from './worker-output.ts';
import type { WorkerHandle } from './worker-handle.ts';
import { Listeners } from '../../../foundation/src/runtime/listeners.ts';

export interface WorkerProcessDeps {
  readonly store: SpoolOutboxStore;
  /** Sent to the worker with its job; plain data, without secrets. */
  readonly settings: unknown;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly processes: Processes;
  /** Time between a request to stop and the kill of the process. */
  readonly graceMs: number;
}

/** The process of one attempt, and the messages between it and the link. */
export class WorkerProcess implements WorkerHandle {
  readonly ref: AttemptRef;
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #outbox: SpoolOutbox;
  readonly #deps: WorkerProcessDeps;
  readonly #progress = new Listeners<Progress>();
  readonly #conditions = new Listeners<ErrorCode | undefined>();
  readonly #figures = new Listeners<Figures>();
  readonly #logger: Logger;
  readonly #processExit: Promise<void>;
  readonly #exitController = new AbortController();

  constructor(child: ChildProcess, outbox: SpoolOutbox, deps: WorkerProcessDeps) {
    this.#child = child;
    this.#outbox = outbox;
    this.#deps = deps;
    this.ref = outbox.ref;
    this.#logger = deps.logger.child({ attempt: attemptKey(outbox.ref), worker: child.pid });
    child.on('message', (message) => this.#receive(message));
    this.#processExit = this.#untilExit();
    this.exited = this.#processExit.then(() => this.#recoverRecords());
    for (const name of ['stdout', 'stderr'] as const)
      if (child[name] !== null) void logWorkerOutput(child[name], name, this.#logger);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * Resolves when the journal names the worker and the job is sent to it. Throws WORKER_DIED, or
   * the error of writing the journal.
   */
  async start(job: Job): Promise<void> {
    await once(this.#child, 'spawn').catch((thrown: unknown) => {
      throw new RunnerError('WORKER_DIED', 'failed to start the worker process', {
        cause: thrown,
      });
    });
    await this.#outbox.attachWriter(
      await this.#deps.processes.identify(this.pid),
      this.#processExit,
    );
    const { store, settings } = this.#deps;
    const release = store.onPaused((paused) => this.#send({ type: 'pause', paused }));
    this.#exitController.signal.addEventListener('abort', release, { once: true });
    this.#send({
      type: 'start',
      job,
      directory: this.#outbox.directory,
      segmentBytes: await store.segmentBytes(),
      settings,
      paused: store.paused,
    });
  }

  leaseUntil(endsAt: number): void {
    this.#send({ type: 'lease', endsAt });
  }

  cancel(reason: Failure, status: StopStatus): void {
    this.#send({ type: 'stop', status, reason });
    const killLate = (): void => {
      this.#logger.log('warn', 'worker did not stop in time; killing it');
      this.kill();
    };
    runAfter(this.#deps.clock, this.#deps.graceMs, killLate, this.#exitController.signal);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  onProgress(listener: (progress: Progress) => void): void {
    this.#progress.add(listener);
  }

  onCondition(listener: (code: ErrorCode | undefined) => void): void {
    this.#conditions.add(listener);
  }

  onFigures(listener: (figures: Figures) => void): void {
    this.#figures.add(listener);
  }

  #send(message: ToWorker): void {
    // A message to a worker that has ended is lost; its exit is reported separately.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #receive(raw: unknown): void {
    const parsed = fromWorkerSchema.safeParse(raw);
    if (!parsed.success) this.#logger.log('error', 'worker sent an invalid message');
    else this.#act(parsed.data);
  }

  #act(message: FromWorker): void {
    switch (message.type) {
      case 'durable':
        return this.#outbox.advance(message);
      case 'progress':
        this.#progress.notify(message.progress);
        return;
      case 'condition':
        this.#conditions.notify(message.code);
        return;
      case 'figures':
        this.#figures.notify(message);
        return;
      case 'log':
        return this.#logger.log(message.level, message.message, message.data);
      // The job is in the channel since the start of the process; nothing waits for its messages.
      case 'ready':
      case 'flush':
        return;
    }
  }

  async #untilExit(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once('error', () => {
      if (this.#child.pid === undefined) resolve();
    });
    this.#child.once('close', (code, signal) => {
      this.#logger.log(code === 0 ? 'info' : 'warn', 'worker ended', { code, signal });
      resolve();
    });
    await promise;
    this.#exitController.abort();
  }

  async #recoverRecords(): Promise<void> {
    try {
      await this.#outbox.writerEnded();
    } catch (thrown) {
      this.#logger.log('error', 'failed to recover records after worker exit', errorFields(thrown));
    }
  }
}
