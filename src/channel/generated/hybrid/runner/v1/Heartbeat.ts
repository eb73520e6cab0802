// Original file: proto/hybrid/runner/v1/runner.proto

import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';
import type { Long } from '@grpc/proto-loader';

export interface HeartbeatInput {
  'number'?: (number | string | Long);
  /**
   * running attempts; each is renewed or declared lost
   */
  'leases'?: (_hybrid_runner_v1_AttemptRefInput)[];
  'running'?: (number);
  'capacity'?: (number);
  'draining'?: (boolean);
  /**
   * on disk, not yet acknowledged
   */
  'spoolBytes'?: (number | string | Long);
  /**
   * empty when healthy, else a code such as DISK_FULL
   */
  'condition'?: (string);
  /**
   * number of the last IdentityCheck read on this channel; 0 for none
   */
  'identityCheck'?: (number | string | Long);
}

export interface Heartbeat {
  'number': (number);
  /**
   * running attempts; each is renewed or declared lost
   */
  'leases': (_hybrid_runner_v1_AttemptRef)[];
  'running': (number);
  'capacity': (number);
  'draining': (boolean);
  /**
   * on disk, not yet acknowledged
   */
  'spoolBytes': (number);
  /**
   * empty when healthy, else a code such as DISK_FULL
   */
  'condition': (string);
  /**
   * number of the last IdentityCheck read on this channel; 0 for none
   */
  'identityCheck': (number);
}
