import type { ChannelKind } from '../channel/channel.ts';
import type { AttemptRef } from '../domain/ids.ts';
import type { Failure } from '../domain/failure.ts';
import type { Progress } from '../domain/progress.ts';
import type { ErrorCode } from '../runtime/error-codes.ts';

/** Where the connection stands. Times are Unix times in milliseconds. */
export type ConnectionState =
  | { readonly name: 'connecting'; readonly channel: ChannelKind; readonly authority: string }
  | { readonly name: 'handshaking'; readonly channel: ChannelKind; readonly authority: string }
  | { readonly name: 'connected'; readonly channel: ChannelKind; readonly authority: string; readonly since: number; readonly controlPlane: string }
  | { readonly name: 'waiting'; readonly until: number; readonly error: Failure };

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
