// Original file: proto/hybrid/runner/v1/runner.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Another process connected with this runner's identity. The runner shows that it is alive by
 * sending a heartbeat with this number at once, and logs a warning.
 */
export interface IdentityCheckInput {
  /**
   * 1, 2, 3, ... within a channel
   */
  'number'?: (number | string | Long);
  /**
   * of the other process, for display
   */
  'platform'?: (string);
  'version'?: (string);
}

/**
 * Another process connected with this runner's identity. The runner shows that it is alive by
 * sending a heartbeat with this number at once, and logs a warning.
 */
export interface IdentityCheck {
  /**
   * 1, 2, 3, ... within a channel
   */
  'number': (number);
  /**
   * of the other process, for display
   */
  'platform': (string);
  'version': (string);
}
