import type { Logger } from 'pino';
import type { Clock, RandomBytes } from './runtime/clock.ts';
import type { ChangeHub, ProgressBoard } from './runtime/change-hub.ts';
import type { Waits } from './runs/placement.ts';
import type { Store } from './store/store.ts';

/** Numbers that an operator may turn. Times in milliseconds. */
export interface Limits {
  readonly leaseTtlMs: number;
  readonly heartbeatIntervalMs: number;
  /** How often a run is tried, whether its runners were lost or it failed with what may pass. */
  readonly maxAttempts: number;
  /** Before the second try of a run that failed with what may pass; each further pause is four times as long. */
  readonly retryPauseMs: number;
  /** The longest of these pauses. */
  readonly retryPauseMaxMs: number;
  /** How long a run waits while no runner is there that could take it. */
  readonly absenceLimitMs: number;
  readonly handshakeTimeoutMs: number;
  /** How long a connected runner may take to show that it lives when another process comes with its identity; well below the handshake's time. */
  readonly identityCheckMs: number;
  /** How long a run stays away from runners after one had no room for it. */
  readonly retryOfferMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  leaseTtlMs: 60_000,
  heartbeatIntervalMs: 15_000,
  maxAttempts: 5,
  retryPauseMs: 60_000,
  retryPauseMaxMs: 3_600_000,
  absenceLimitMs: 24 * 3_600_000,
  handshakeTimeoutMs: 10_000,
  identityCheckMs: 3000,
  retryOfferMs: 2000,
};

/** What the parts of a control plane share. */
export interface Ground {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly changes: ChangeHub;
  readonly progress: ProgressBoard;
  /** Why each queued run waits, as the dispatcher saw it last. */
  readonly waits: Waits;
  readonly limits: Limits;
  readonly log: Logger;
}

export const NAME_AND_VERSION = 'hybrid-runner control plane 0.1.0';
