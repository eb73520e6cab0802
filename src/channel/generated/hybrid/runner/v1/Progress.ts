// Original file: proto/hybrid/runner/v1/runner.proto

import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';
import type { Long } from '@grpc/proto-loader';

export interface ProgressInput {
  'ref'?: (_hybrid_runner_v1_AttemptRefInput | null);
  /**
   * for display: "describe", "waiting for Salesforce: cannot be reached, retry in 12 s"; at most 100 characters are kept
   */
  'phase'?: (string);
  'done'?: (number | string | Long);
  /**
   * 0 while unknown
   */
  'total'?: (number | string | Long);
  'apiCalls'?: (number | string | Long);
}

export interface Progress {
  'ref': (_hybrid_runner_v1_AttemptRef | null);
  /**
   * for display: "describe", "waiting for Salesforce: cannot be reached, retry in 12 s"; at most 100 characters are kept
   */
  'phase': (string);
  'done': (number);
  /**
   * 0 while unknown
   */
  'total': (number);
  'apiCalls': (number);
}
