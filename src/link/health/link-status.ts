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
  readonly name: string;
  readonly capacity: number;
  readonly running: number;
  /** On disk and unacknowledged. */
  readonly spoolBytes: number;
  /** Why the control plane sends no more jobs; absent while it does. */
  readonly drainReason?: string;
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
}

export function statusOf({ ref, state, progress, condition, outbox }: Attempt): AttemptStatus {
  return {
    ref,
    state: state.name,
    durableSequence: outbox.durable().sequence,
    acknowledgedSequence: outbox.acknowledged(),
    ...(state.name === 'running' ? { pid: state.worker.pid } : {}),
    ...(progress === undefined ? {} : { progress }),
    ...(condition === undefined ? {} : { condition }),
  };
}
