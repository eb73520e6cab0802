/** Tunable limits. Times are in milliseconds. */
export interface Limits {
  readonly leaseTtlMs: number;
  readonly heartbeatIntervalMs: number;
  /** Attempts of a run before it fails, counting lost runners and retryable failures. */
  readonly maxAttempts: number;
  /**
   * The pause before the second attempt after a retryable failure; each further pause is four times
   * as long.
   */
  readonly retryPauseMs: number;
  readonly retryPauseMaxMs: number;
  /** How long a run waits while no suitable runner is connected. */
  readonly absenceLimitMs: number;
  readonly handshakeTimeoutMs: number;
  /**
   * How long a connected runner may take to answer an identity check. Must be well below the
   * handshake timeout.
   */
  readonly identityCheckMs: number;
  /** How long a run is not offered again after a runner rejected it for the moment. */
  readonly retryOfferMs: number;
  /**
   * How long a deployment of OpenMetadata waits for another: one change there deploys up to eight
   * times within a second.
   */
  readonly deployQuietMs: number;
  /** How long an OpenMetadata server may be down before the results of a run are abandoned. */
  readonly relayPatienceMs: number;
  /** The longest pause before a server that failed is retried. */
  readonly relayPauseMaxMs: number;
  /** How often the log of a run says how much of it an OpenMetadata server has. */
  readonly relayProgressMs: number;
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
  deployQuietMs: 1000,
  relayPatienceMs: 24 * 3_600_000,
  relayPauseMaxMs: 60_000,
  relayProgressMs: 10_000,
};
