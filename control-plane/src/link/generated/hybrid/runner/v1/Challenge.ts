// Original file: proto/hybrid/runner/v1/runner.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The first frame on a new channel.
 */
export interface ChallengeInput {
  /**
   * 32 random bytes, used once
   */
  'nonce'?: (Buffer | Uint8Array | string);
  'protocolMin'?: (number);
  'protocolMax'?: (number);
  /**
   * for example "zstd"
   */
  'features'?: (string)[];
  /**
   * Unix time; the runner reports skew
   */
  'serverTimeMs'?: (number | string | Long);
}

/**
 * The first frame on a new channel.
 */
export interface Challenge {
  /**
   * 32 random bytes, used once
   */
  'nonce': (Buffer);
  'protocolMin': (number);
  'protocolMax': (number);
  /**
   * for example "zstd"
   */
  'features': (string)[];
  /**
   * Unix time; the runner reports skew
   */
  'serverTimeMs': (number);
}
