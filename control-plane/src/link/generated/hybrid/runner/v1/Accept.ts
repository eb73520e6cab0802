// Original file: proto/hybrid/runner/v1/runner.proto

import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';

export interface AcceptInput {
  'ref'?: (_hybrid_runner_v1_AttemptRefInput | null);
}

export interface Accept {
  'ref': (_hybrid_runner_v1_AttemptRef | null);
}
