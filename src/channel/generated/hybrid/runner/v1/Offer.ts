// Original file: proto/hybrid/runner/v1/runner.proto

import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';
import type { Long } from '@grpc/proto-loader';

export interface OfferInput {
  'ref'?: (_hybrid_runner_v1_AttemptRefInput | null);
  /**
   * "metadata" or "test_connection"
   */
  'kind'?: (string);
  /**
   * OpenMetadata's workflow document as JSON; secrets only as references
   */
  'workflow'?: (Buffer | Uint8Array | string);
  'leaseTtlMs'?: (number);
  /**
   * maximum duration of the attempt; 0: the runner's own limit
   */
  'deadlineMs'?: (number);
  'issuedAtMs'?: (number | string | Long);
  /**
   * current state of the service's catalog; empty: unknown, so the run must be a full run
   */
  'catalogRevision'?: (string);
  /**
   * W3C trace context of the run, for traces of the runner; changes nothing else; may be empty
   */
  'traceparent'?: (string);
  /**
   * compact JWS of the customer over kind and workflow, for runners whose policy requires it; may be empty
   */
  'signature'?: (string);
}

export interface Offer {
  'ref': (_hybrid_runner_v1_AttemptRef | null);
  /**
   * "metadata" or "test_connection"
   */
  'kind': (string);
  /**
   * OpenMetadata's workflow document as JSON; secrets only as references
   */
  'workflow': (Buffer);
  'leaseTtlMs': (number);
  /**
   * maximum duration of the attempt; 0: the runner's own limit
   */
  'deadlineMs': (number);
  'issuedAtMs': (number);
  /**
   * current state of the service's catalog; empty: unknown, so the run must be a full run
   */
  'catalogRevision': (string);
  /**
   * W3C trace context of the run, for traces of the runner; changes nothing else; may be empty
   */
  'traceparent': (string);
  /**
   * compact JWS of the customer over kind and workflow, for runners whose policy requires it; may be empty
   */
  'signature': (string);
}
