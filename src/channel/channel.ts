import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import type { Frame } from './frames.ts';

export type ChannelKind = NetworkChannel | 'memory';

/**
 * One connection that transports frames in order. It does not retry, interpret or store them. A
 * broken channel is replaced by dialing again.
 */
export interface Channel {
  readonly kind: ChannelKind;
  /**
   * Passes a frame to the transport. Resolves when the transport accepts more, which does not mean
   * that the frame has arrived. Rejects with NETWORK_RESET once the channel is closed, or with the
   * signal's reason.
   */
  send(frame: Frame, signal: AbortSignal): Promise<void>;
  /**
   * Received frames in order; may be iterated once. Ends when the peer closes normally. Throws a
   * RunnerError when the connection breaks (NETWORK_*) or the peer violates the protocol
   * (PROTOCOL_VIOLATION, FRAME_TOO_LARGE).
   */
  frames(): AsyncIterable<Frame>;
  /** Closes the channel; waits at most two seconds for the peer. Never rejects. Idempotent. */
  close(reason: string): Promise<void>;
  /** Bytes of encoded frames, without the framing of the transport. */
  traffic(): { readonly sent: number; readonly received: number };
}

/** Opens channels of one kind to one control plane. */
export interface Dialer {
  readonly kind: ChannelKind;
  /** host:port as dialed, in lower case; part of the signed statement. */
  readonly authority: string;
  /** Rejects with NETWORK_*, TLS_UNTRUSTED, PROXY_REFUSED, RUNNER_REVOKED or CONTROL_PLANE_BUSY. */
  dial(signal: AbortSignal): Promise<Channel>;
}
