import type { ConnectionTiming } from './connection/supervisor.ts';
import type { SessionTiming } from './session/session.ts';

/** Every interval and limit of the link, in milliseconds. */
export interface LinkTiming extends ConnectionTiming, SessionTiming {
  /** A larger difference between the wall clocks of both sides is logged. */
  readonly skewMs: number;
  /** How long a worker may take to end when it is asked to, before it is killed. */
  readonly stopMs: number;
  /** How long an attempt may wait for room on disk that no delivery can make. */
  readonly diskFullMs: number;
  /** How long a drain waits for the last batches to be acknowledged. */
  readonly lastDeliveryMs: number;
}

export const DEFAULT_TIMING: LinkTiming = {
  handshakeMs: 10_000,
  silenceMs: 10_000,
  acknowledgeMs: 60_000,
  skewMs: 5 * 60_000,
  progressMs: 500,
  probeMs: 10 * 60_000,
  backoffBaseMs: 1_000,
  backoffCapMs: 60_000,
  stableMs: 10_000,
  stopMs: 12_000,
  diskFullMs: 60_000,
  lastDeliveryMs: 10_000,
  leaseMs: 60_000,
  auditHeadMs: 15 * 60_000,
  auditHeadPauseMs: 60_000,
  lastHeadMs: 5_000,
};
