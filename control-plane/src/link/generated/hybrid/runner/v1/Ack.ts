// Original file: proto/hybrid/runner/v1/runner.proto

import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * The control plane has committed all records up to and including this sequence.
 */
export interface AckInput {
  'ref'?: (_hybrid_runner_v1_AttemptRefInput | null);
  'upTo'?: (number | string | Long);
}

/**
 * The control plane has committed all records up to and including this sequence.
 */
export interface Ack {
  'ref': (_hybrid_runner_v1_AttemptRef | null);
  'upTo': (number);
}
