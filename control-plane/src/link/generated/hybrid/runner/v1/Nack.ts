// Original file: proto/hybrid/runner/v1/runner.proto

import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';
import type { NackCodeInput as _hybrid_runner_v1_NackCodeInput, NackCode as _hybrid_runner_v1_NackCode } from '../../../hybrid/runner/v1/NackCode.ts';
import type { Long } from '@grpc/proto-loader';

export interface NackInput {
  'ref'?: (_hybrid_runner_v1_AttemptRefInput | null);
  'code'?: (_hybrid_runner_v1_NackCodeInput);
  /**
   * for OUT_OF_ORDER: the sequence to continue from
   */
  'expectedSequence'?: (number | string | Long);
  'message'?: (string);
}

export interface Nack {
  'ref': (_hybrid_runner_v1_AttemptRef | null);
  'code': (_hybrid_runner_v1_NackCode);
  /**
   * for OUT_OF_ORDER: the sequence to continue from
   */
  'expectedSequence': (number);
  'message': (string);
}
