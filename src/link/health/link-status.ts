import type { AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { Failure } from '../../../foundation/src/domain/failure.ts';
import type { Progress } from '../../../foundation/src/domain/progress.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import type { Attempt } from '../attempts/attempt.ts';
import type { ConnectionState } from '../connection/connection-state.ts';
import type { IdentityConflict } from '../connection/identity-conflict.ts';

export type LinkState =
  | ConnectionState
  /** Stopping; the connection lasts until then. */
  | { readonly name: 'draining'; readonly connection: ConnectionState }
  | { readonly name: 'stopped'; readonly error?: Failure };

export interface LinkStatus {
  readonly state: LinkState;
  readonly runnerId: string;
  /** Of the identity's key: `runner:` in signatures of jobs. */
  readonly fingerprint: string;
  readonly name: string;
  readonly capacity: number;
  readonly running: number;
  /** On disk and unacknowledged. */
  readonly spoolBytes: number;
  /** Why the control plane sends no more jobs; absent while it does. */
  readonly drainReason?: string;
  /** Why this runner should get no work, DISK_FULL for example; absent while it may. */
  readonly condition?: string;
  /** Another process that recently tried to connect with this identity. */
  readonly identityConflict?: IdentityConflict;
  readonly attempts: readonly AttemptStatus[];
}

export interface AttemptStatus {
  readonly ref: AttemptRef;
  readonly state: 'starting' | 'running' | 'ended' | 'gone';
  readonly pid?: number;
  readonly progress?: Progress;
  /** What its worker waits for, DISK_FULL for example. */
  readonly condition?: ErrorCode;
  readonly durableSequence: number;
  readonly acknowledgedSequence: number;
  /** Unix time at which the oldest record that is not acknowledged was written, or earlier. */
  readonly undeliveredSince?: number;
  /** Memory of the worker process, as of its last report. */
  readonly residentBytes?: number;
}

export function statusOf({
  ref,
  state,
  progress,
  condition,
  outbox,
  figures,
}: Attempt): AttemptStatus {
  const undeliveredSince = outbox.undeliveredSince();
  return {
    ref,
    state: state.name,
    durableSequence: outbox.durable().sequence,
    acknowledgedSequence: outbox.acknowledged(),
    ...(undeliveredSince === undefined ? {} : { undeliveredSince }),
    ...(state.name === 'running' ? { pid: state.worker.pid } : {}),
    ...(state.name === 'running' && figures !== undefined
      ? { residentBytes: figures.residentBytes }
      : {}),
    ...(progress === undefined ? {} : { progress }),
    ...(condition === undefined ? {} : { condition }),
  };
}
