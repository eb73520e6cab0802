// Original file: proto/hybrid/runner/v1/runner.proto

import type { PositionInput as _hybrid_runner_v1_PositionInput, Position as _hybrid_runner_v1_Position } from '../../../hybrid/runner/v1/Position.ts';
import type { Long } from '@grpc/proto-loader';

export interface WelcomeInput {
  /**
   * one for each held attempt
   */
  'positions'?: (_hybrid_runner_v1_PositionInput)[];
  /**
   * limit for unacknowledged payload bytes, over all streams
   */
  'creditBytes'?: (number | string | Long);
  'heartbeatIntervalMs'?: (number);
  /**
   * largest payload of one Batch
   */
  'maxBatchBytes'?: (number);
  /**
   * name and version, for logs
   */
  'controlPlane'?: (string);
  /**
   * the subset that both sides use
   */
  'features'?: (string)[];
  /**
   * number of the last audit head that the control plane has kept; 0 for none
   */
  'auditHead'?: (number | string | Long);
}

export interface Welcome {
  /**
   * one for each held attempt
   */
  'positions': (_hybrid_runner_v1_Position)[];
  /**
   * limit for unacknowledged payload bytes, over all streams
   */
  'creditBytes': (number);
  'heartbeatIntervalMs': (number);
  /**
   * largest payload of one Batch
   */
  'maxBatchBytes': (number);
  /**
   * name and version, for logs
   */
  'controlPlane': (string);
  /**
   * the subset that both sides use
   */
  'features': (string)[];
  /**
   * number of the last audit head that the control plane has kept; 0 for none
   */
  'auditHead': (number);
}
