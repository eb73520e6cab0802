// Original file: proto/hybrid/runner/v1/runner.proto

import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';

export interface RejectInput {
  'ref'?: (_hybrid_runner_v1_AttemptRefInput | null);
  /**
   * AT_CAPACITY, DRAINING, JOB_INVALID, JOB_KIND_UNSUPPORTED, POLICY_DENIED, DISK_FULL, ATTEMPT_STALE
   */
  'code'?: (string);
  'message'?: (string);
  /**
   * true: another offer fails too
   */
  'permanent'?: (boolean);
}

export interface Reject {
  'ref': (_hybrid_runner_v1_AttemptRef | null);
  /**
   * AT_CAPACITY, DRAINING, JOB_INVALID, JOB_KIND_UNSUPPORTED, POLICY_DENIED, DISK_FULL, ATTEMPT_STALE
   */
  'code': (string);
  'message': (string);
  /**
   * true: another offer fails too
   */
  'permanent': (boolean);
}
