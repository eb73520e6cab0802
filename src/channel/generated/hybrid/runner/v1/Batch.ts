// Original file: proto/hybrid/runner/v1/runner.proto

import type { AttemptRefInput as _hybrid_runner_v1_AttemptRefInput, AttemptRef as _hybrid_runner_v1_AttemptRef } from '../../../hybrid/runner/v1/AttemptRef.ts';
import type { CodecInput as _hybrid_runner_v1_CodecInput, Codec as _hybrid_runner_v1_Codec } from '../../../hybrid/runner/v1/Codec.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Consecutive records of one attempt. The payload holds one line of JSON for each record, ending in
 * "\n", compressed by the codec. The link never parses it.
 */
export interface BatchInput {
  'ref'?: (_hybrid_runner_v1_AttemptRefInput | null);
  /**
   * records are numbered from 1 within an attempt
   */
  'firstSequence'?: (number | string | Long);
  'count'?: (number);
  'codec'?: (_hybrid_runner_v1_CodecInput);
  /**
   * of the payload as sent
   */
  'crc32'?: (number);
  /**
   * size before compression; the receiver inflates no further
   */
  'rawBytes'?: (number);
  'payload'?: (Buffer | Uint8Array | string);
  /**
   * the last record is the outcome
   */
  'last'?: (boolean);
}

/**
 * Consecutive records of one attempt. The payload holds one line of JSON for each record, ending in
 * "\n", compressed by the codec. The link never parses it.
 */
export interface Batch {
  'ref': (_hybrid_runner_v1_AttemptRef | null);
  /**
   * records are numbered from 1 within an attempt
   */
  'firstSequence': (number);
  'count': (number);
  'codec': (_hybrid_runner_v1_Codec);
  /**
   * of the payload as sent
   */
  'crc32': (number);
  /**
   * size before compression; the receiver inflates no further
   */
  'rawBytes': (number);
  'payload': (Buffer);
  /**
   * the last record is the outcome
   */
  'last': (boolean);
}
