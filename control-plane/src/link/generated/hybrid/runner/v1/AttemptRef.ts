// Original file: proto/hybrid/runner/v1/runner.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Identifies one attempt of one run. The epoch is the fencing token: it grows each time the control
 * plane assigns the run, and the control plane refuses writes with an older epoch.
 */
export interface AttemptRefInput {
  'runId'?: (string);
  /**
   * 1 for the first try
   */
  'attempt'?: (number);
  'epoch'?: (number | string | Long);
}

/**
 * Identifies one attempt of one run. The epoch is the fencing token: it grows each time the control
 * plane assigns the run, and the control plane refuses writes with an older epoch.
 */
export interface AttemptRef {
  'runId': (string);
  /**
   * 1 for the first try
   */
  'attempt': (number);
  'epoch': (number);
}
