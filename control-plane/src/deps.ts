import type { Logger } from 'pino';
import type { Limits } from './limits.ts';
import type { Waits } from './runs/placement.ts';
import type { ProgressBoard } from './runs/progress-board.ts';
import type { StartFailures } from './schedules/start-failures.ts';
import type { ChangeHub } from './runtime/change-hub.ts';
import type { Clock, RandomBytes } from './runtime/clock.ts';
import type { Store } from './store/store.ts';
import type { RunTracer } from './telemetry/run-tracer.ts';

/** What the parts of a control plane share. */
export interface Deps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly changes: ChangeHub;
  readonly progress: ProgressBoard;
  /** Why each queued run waits, from the last dispatch. */
  readonly waits: Waits;
  readonly startFailures: StartFailures;
  readonly limits: Limits;
  readonly log: Logger;
  readonly tracer: RunTracer;
  /** Opens what is sealed in the stored workflow of a run; absent when nothing is. */
  readonly openWorkflow?: (runId: string, workflow: string) => string;
}

export const NAME_AND_VERSION = 'hybrid-runner control plane 0.1.0';
