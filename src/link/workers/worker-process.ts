import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Failure } from '../../domain/failure.ts';
import { attemptKey, type AttemptRef } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { Progress } from '../../domain/progress.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ErrorCode } from '../../runtime/error-codes.ts';
import { RunnerError } from '../../runtime/errors.ts';
import {
  type FromWorker,
  fromWorkerSchema,
  type StopStatus,
  type ToWorker,
} from '../../runtime/worker-messages.ts';
import { type Processes, systemProcesses } from '../../runtime/processes.ts';
import type { SpoolOutbox } from '../outbox/spool-outbox.ts';
import type { SpoolOutboxStore } from '../outbox/spool-outbox-store.ts';
import { logWorkerOutput } from './worker-output.ts';
import type { StartWorker, WorkerHandle } from './worker-handle.ts';

export interface StartWorkerOptions {
  readonly store: SpoolOutboxStore;
  /** The worker's program. */
  readonly entry: string;
  /** Sent to the worker with its job; plain data, without secrets. */
  readonly settings: unknown;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The environment that the worker's is chosen from. */
  readonly env: NodeJS.ProcessEnv;
  /** Variables with this prefix are passed on. Only for the environment secret provider. */
  readonly secretPrefix?: string | undefined;
  readonly memoryMb?: number;
  /** From a request to stop until the process is killed. */
  readonly graceMs?: number;
  readonly processes?: Processes;
  /** Starts the program; `fork` of Node unless a simulation has its own. */
  readonly fork?: typeof fork;
}

const DEFAULTS = {
  memoryMb: 256,
  graceMs: 10_000,
  processes: systemProcesses,
  secretPrefix: undefined,
  fork,
} as const;

/** All that a worker needs of the environment. Nothing that could change what Node runs, and no proxy or token by accident. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'TZ',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'CREDENTIALS_DIRECTORY',
  'SystemRoot',
  'USERPROFILE',
  'TEMP',
] as const;

/** Starts a process of its own for each attempt. */
export function createStartWorker(options: StartWorkerOptions): StartWorker {
  const complete = { ...DEFAULTS, ...options };
  return async (job) => {
    const outbox = complete.store.spoolOf(job.ref);
    const child = complete.fork(complete.entry, [], {
      env: chooseEnvironment(complete.env, complete.secretPrefix),
      execArgv: workerNodeOptions(complete.memoryMb),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    });
    const worker = new WorkerProcess(child, outbox, complete);
    try {
      await worker.start(job);
      return worker;
    } catch (thrown) {
      worker.kill();
      await worker.exited;
      throw RunnerError.from(thrown, 'WORKER_DIED');
    }
  };
}

/** What a worker takes apart is large and what it keeps is small, so its heap is told to stay close to what it holds. */
export function workerNodeOptions(memoryMb: number): string[] {
  return [
    `--max-old-space-size=${memoryMb}`,
    '--max-semi-space-size=8',
    '--heap-growing-percent=10',
    '--disable-sigusr1',
  ];
}

/**
 * For the C library's allocator: it would keep what is freed in an arena a thread, and answers of a megabyte in the midst of
 * small pieces. In few arenas, and with large pieces in memory of their own that goes back at once, a worker takes some
 * 20 MB less.
 */
const ALLOCATOR = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536' };

/** The environment of a worker: what it needs of `env`, and the secrets below the prefix. */
export function chooseEnvironment(
  env: NodeJS.ProcessEnv,
  secretPrefix: string | undefined,
): NodeJS.ProcessEnv {
  const chosen = Object.entries(env).filter(
    ([name]) =>
      (PASSED_ON as readonly string[]).includes(name) ||
      (secretPrefix !== undefined && name.startsWith(secretPrefix)),
  );
  return { ...ALLOCATOR, ...Object.fromEntries(chosen) };
}

class WorkerProcess implements WorkerHandle {
  readonly ref: AttemptRef;
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #outbox: SpoolOutbox;
  readonly #options: Required<Omit<StartWorkerOptions, 'secretPrefix'>>;
  readonly #progressListeners: ((progress: Progress) => void)[] = [];
  readonly #conditionListeners: ((code: ErrorCode | undefined) => void)[] = [];
  readonly #logger: Logger;
  readonly #gone: Promise<void>;
  readonly #ended = new AbortController();

  constructor(
    child: ChildProcess,
    outbox: SpoolOutbox,
    options: Required<Omit<StartWorkerOptions, 'secretPrefix'>>,
  ) {
    this.#child = child;
    this.#outbox = outbox;
    this.#options = options;
    this.ref = outbox.ref;
    this.#logger = options.logger.child({ attempt: attemptKey(outbox.ref), worker: child.pid });
    child.on('message', (message) => this.#hear(message));
    this.#gone = this.#untilGone();
    this.exited = this.#gone.then(() => this.#settle());
    for (const name of ['stdout', 'stderr'] as const)
      if (child[name] !== null) void logWorkerOutput(child[name], name, this.#logger);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the worker has its job and the journal names it. Throws WORKER_DIED, and what writing the journal met. */
  async start(job: Job): Promise<void> {
    await once(this.#child, 'spawn').catch((thrown: unknown) => {
      throw new RunnerError('WORKER_DIED', 'the worker process could not be started', {
        cause: thrown,
      });
    });
    await this.#outbox.attachWriter(await this.#options.processes.identify(this.pid), this.#gone);
    const { store, settings } = this.#options;
    const release = store.onPaused((paused) => this.#send({ type: 'pause', paused }));
    this.#ended.signal.addEventListener('abort', release, { once: true });
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
    void this.#options.clock.sleep(this.#options.graceMs, this.#ended.signal).then(
      () => {
        this.#logger.log('warn', 'the worker did not stop in time and is killed');
        this.kill();
      },
      () => undefined,
    );
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  onProgress(listener: (progress: Progress) => void): void {
    this.#progressListeners.push(listener);
  }

  onCondition(listener: (code: ErrorCode | undefined) => void): void {
    this.#conditionListeners.push(listener);
  }

  #send(message: ToWorker): void {
    // A worker that is gone hears nothing; that it is gone is learned from its exit.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #hear(raw: unknown): void {
    const parsed = fromWorkerSchema.safeParse(raw);
    if (!parsed.success) this.#logger.log('error', 'the worker sent a message that is none');
    else this.#act(parsed.data);
  }

  #act(message: FromWorker): void {
    switch (message.type) {
      case 'durable':
        return this.#outbox.advance(
          message.sequence,
          message.bytes,
          message.complete,
          message.segment,
        );
      case 'progress':
        for (const listener of this.#progressListeners) listener(message.progress);
        return;
      case 'condition':
        for (const listener of this.#conditionListeners) listener(message.code);
        return;
      case 'log':
        return this.#logger.log(message.level, message.message, message.data);
      case 'ready':
    }
  }

  async #untilGone(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once('error', () => {
      if (this.#child.pid === undefined) resolve();
    });
    this.#child.once('close', (code, signal) => {
      this.#logger.log(code === 0 ? 'info' : 'warn', 'the worker has ended', { code, signal });
      resolve();
    });
    await promise;
    this.#ended.abort();
  }

  async #settle(): Promise<void> {
    try {
      await this.#outbox.writerEnded();
    } catch (thrown) {
      this.#logger.log('error', 'what the worker left cannot be read', {
        reason: String(RunnerError.from(thrown)),
      });
    }
  }
}
