import type { ChannelKind } from '../../channel/channel.ts';
import type { Failure } from '../../domain/failure.ts';

/** Since when there has been no connection, and what the last try met; no error before the first has failed. */
export interface Outage {
  readonly since: number;
  readonly error?: Failure;
}

/** Where the connection stands, and at what time it came to that. Times are Unix times in milliseconds. */
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
