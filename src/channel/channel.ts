import type { Frame } from './frames.ts';

export type ChannelKind = 'ws' | 'grpc' | 'memory';

/**
 * One connection that moves frames in order, and nothing else: no retry, no meaning, no memory. A channel is used
 * once; a broken one is replaced by dialling again.
 */
export interface Channel {
  readonly kind: ChannelKind;
  /**
   * Hands a frame to the transport. Resolves when the transport has room for more (not when the frame has
   * arrived); rejects with NETWORK_RESET once the channel is closed, or with the signal's reason.
   */
  send(frame: Frame, signal: AbortSignal): Promise<void>;
  /**
   * Frames in the order they came; may be iterated once. Ends when the other side closes in good order, throws a
   * RunnerError when the connection breaks (NETWORK_*) or the other side breaks the rules (PROTOCOL_VIOLATION,
   * FRAME_TOO_LARGE).
   */
  frames(): AsyncIterable<Frame>;
  /** Closes; never throws and never waits longer than two seconds for the other side. Safe to call again. */
  close(reason: string): Promise<void>;
  /** Bytes on the wire in frames, framing of the transport not counted. */
  traffic(): { readonly sent: number; readonly received: number };
}

/** Opens channels of one kind to one control plane. */
export interface Dialer {
  readonly kind: ChannelKind;
  /** host:port as dialled, lower case; part of what the runner signs. */
  readonly authority: string;
  /** Rejects with NETWORK_*, TLS_UNTRUSTED, PROXY_REFUSED, RUNNER_REVOKED or CONTROL_PLANE_BUSY. */
  dial(signal: AbortSignal): Promise<Channel>;
}
