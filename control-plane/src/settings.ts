import type { Logger } from 'pino';
import type { Clock, RandomBytes } from './clock.ts';
import type { ChangeHub, ProgressBoard } from './events.ts';
import type { Store } from './store/store.ts';

/** Numbers that an operator may turn. Times in milliseconds. */
export interface Limits {
  readonly leaseTtlMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxAttempts: number;
  /** How long a runner may take to answer an offer. */
  readonly offerTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  /** How long a run stays away from runners after one had no room for it. */
  readonly retryOfferMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  leaseTtlMs: 60_000, heartbeatIntervalMs: 15_000, maxAttempts: 3, offerTimeoutMs: 10_000, handshakeTimeoutMs: 10_000, retryOfferMs: 2000,
};

/** What the parts of a control plane share. */
export interface Ground {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly changes: ChangeHub;
  readonly progress: ProgressBoard;
  readonly limits: Limits;
  readonly log: Logger;
}

export const NAME_AND_VERSION = 'hybrid-runner control plane 0.1.0';
