// Original file: proto/hybrid/runner/v1/runner.proto


export interface RefusalInput {
  /**
   * RUNNER_REVOKED, RUNNER_UNKNOWN, SIGNATURE_INVALID, PROTOCOL_UNSUPPORTED, IDENTITY_IN_USE, SUPERSEDED, BUSY
   */
  'code'?: (string);
  'message'?: (string);
  /**
   * true: reconnecting fails until an operator intervenes
   */
  'permanent'?: (boolean);
  /**
   * 0: the runner uses its own backoff
   */
  'retryAfterMs'?: (number);
}

export interface Refusal {
  /**
   * RUNNER_REVOKED, RUNNER_UNKNOWN, SIGNATURE_INVALID, PROTOCOL_UNSUPPORTED, IDENTITY_IN_USE, SUPERSEDED, BUSY
   */
  'code': (string);
  'message': (string);
  /**
   * true: reconnecting fails until an operator intervenes
   */
  'permanent': (boolean);
  /**
   * 0: the runner uses its own backoff
   */
  'retryAfterMs': (number);
}
