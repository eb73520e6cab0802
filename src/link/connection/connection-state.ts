import type { ChannelKind } from '../../channel/channel.ts';
import type { Failure } from '../../../foundation/src/domain/failure.ts';

/**
 * Start of the outage and the error of the last attempt to connect; no error before the first
 * attempt failed.
 */
export interface Outage {
  readonly since: number;
  readonly error?: Failure;
}

/** State of the connection. `at` is when it was entered. Times are Unix times in milliseconds. */
export type ConnectionState =
  | {
      readonly name: 'connecting' | 'handshaking';
      readonly channel: ChannelKind;
      readonly authority: string;
      readonly outage: Outage;
      readonly at: number;
    }
  | {
      readonly name: 'connected';
      readonly channel: ChannelKind;
      readonly authority: string;
      readonly since: number;
      readonly controlPlane: string;
    }
  | {
      readonly name: 'waiting';
      readonly until: number;
      readonly error: Failure;
      readonly outage: Outage;
      readonly at: number;
    };
