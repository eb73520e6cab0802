// Original file: proto/hybrid/runner/v1/runner.proto

import type { LeaseGrantInput as _hybrid_runner_v1_LeaseGrantInput, LeaseGrant as _hybrid_runner_v1_LeaseGrant } from '../../../hybrid/runner/v1/LeaseGrant.ts';
import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';
import type { Long } from '@grpc/proto-loader';

export interface HeartbeatReplyInput {
  'number'?: (number | string | Long);
  'renewed'?: (_hybrid_runner_v1_LeaseGrantInput)[];
  /**
   * the runner stops these attempts at once and deletes their spool
   */
  'lost'?: (_hybrid_runner_v1_AttemptRefInput)[];
}

export interface HeartbeatReply {
  'number': (number);
  'renewed': (_hybrid_runner_v1_LeaseGrant)[];
  /**
   * the runner stops these attempts at once and deletes their spool
   */
  'lost': (_hybrid_runner_v1_AttemptRef)[];
}
