// Original file: proto/hybrid/runner/v1/runner.proto

import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';
import type { Long } from '@grpc/proto-loader';

export interface HeldAttemptInput {
  'ref'?: (_hybrid_runner_v1_AttemptRefInput | null);
  /**
   * last record fsynced by the runner
   */
  'durableSequence'?: (number | string | Long);
  /**
   * last acknowledgement the runner saw
   */
  'acknowledgedSequence'?: (number | string | Long);
  'running'?: (boolean);
  /**
   * the outcome record is on disk
   */
  'complete'?: (boolean);
}

export interface HeldAttempt {
  'ref': (_hybrid_runner_v1_AttemptRef | null);
  /**
   * last record fsynced by the runner
   */
  'durableSequence': (number);
  /**
   * last acknowledgement the runner saw
   */
  'acknowledgedSequence': (number);
  'running': (boolean);
  /**
   * the outcome record is on disk
   */
  'complete': (boolean);
}
