import { fork } from 'node:child_process';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { type Processes, systemProcesses } from '../../../foundation/src/runtime/processes.ts';
import type { SpoolOutboxStore } from '../outbox/spool-outbox-store.ts';
import { chooseEnvironment, workerNodeOptions } from './worker-environment.ts';
import type { StartWorker } from './worker-handle.ts';
import { WorkerProcess } from './worker-process.ts';

export interface StartWorkerOptions {
  readonly store: SpoolOutboxStore;
  /** The worker's program. */
  readonly entry: string;
  /** Sent to the worker with its job; plain data, without secrets. */
  readonly settings: unknown;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The environment from which that of the worker is chosen. */
  readonly env: NodeJS.ProcessEnv;
  /** Variables with these prefixes are passed on, for the providers of secrets. */
  readonly variablePrefixes?: readonly string[];
  readonly memoryMb?: number;
  /** Time between a request to stop and the kill of the process. */
  readonly graceMs?: number;
  readonly processes?: Processes;
  /** Starts the program. Simulations replace it. */
  readonly fork?: typeof fork;
}

const DEFAULTS = {
  memoryMb: 256,
  graceMs: 10_000,
  processes: systemProcesses,
  variablePrefixes: [] as readonly string[],
  fork,
} as const;

/** Starts one process per attempt. */
export function createStartWorker(options: StartWorkerOptions): StartWorker {
  const complete = { ...DEFAULTS, ...options };
  return async (job) => {
    const outbox = complete.store.outboxOf(job.ref);
    const child = complete.fork(complete.entry, [], {
      env: chooseEnvironment(complete.env, complete.variablePrefixes),
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
