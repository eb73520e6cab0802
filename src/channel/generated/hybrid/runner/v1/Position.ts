// Original file: proto/hybrid/runner/v1/runner.proto

import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';
import type { VerdictInput as _hybrid_runner_v1_VerdictInput, Verdict as _hybrid_runner_v1_Verdict } from '../../../hybrid/runner/v1/Verdict.ts';
import type { Long } from '@grpc/proto-loader';

export interface PositionInput {
  'ref'?: (_hybrid_runner_v1_AttemptRefInput | null);
  'verdict'?: (_hybrid_runner_v1_VerdictInput);
  /**
   * delivery continues at stored_sequence + 1
   */
  'storedSequence'?: (number | string | Long);
}

export interface Position {
  'ref': (_hybrid_runner_v1_AttemptRef | null);
  'verdict': (_hybrid_runner_v1_Verdict);
  /**
   * delivery continues at stored_sequence + 1
   */
  'storedSequence': (number);
}
