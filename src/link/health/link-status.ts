import type { AttemptRef } from '../../domain/ids.ts';
import type { Failure } from '../../domain/failure.ts';
import type { Progress } from '../../domain/progress.ts';
import type { ErrorCode } from '../../runtime/error-codes.ts';
import type { ConnectionState } from '../connection/connection-state.ts';
import type { IdentityConflict } from '../connection/identity-conflict.ts';

export type LinkState =
  | ConnectionState
  /** Going down; says where the connection stands meanwhile. */
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
  /** Why the control plane wants to send no more jobs here; absent when it does. */
  readonly drainReason?: string;
  /** Another process that has tried to connect with this identity lately; absent when none has. */
  readonly identityConflict?: IdentityConflict;
  readonly attempts: readonly AttemptStatus[];
}

export interface AttemptStatus {
  readonly ref: AttemptRef;
  readonly state: 'starting' | 'running' | 'ended' | 'gone';
  readonly pid?: number;
  readonly progress?: Progress;
  /** What keeps it from going on, DISK_FULL for example. */
  readonly condition?: ErrorCode;
  readonly durableSequence: number;
  readonly acknowledgedSequence: number;
}
