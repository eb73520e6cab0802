// Original file: proto/hybrid/runner/v1/runner.proto

export const NackCode = {
  NACK_CODE_UNSPECIFIED: 'NACK_CODE_UNSPECIFIED',
  /**
   * stop the attempt, delete its spool
   */
  NACK_CODE_STALE_EPOCH: 'NACK_CODE_STALE_EPOCH',
  /**
   * stop the attempt, delete its spool
   */
  NACK_CODE_UNKNOWN_RUN: 'NACK_CODE_UNKNOWN_RUN',
  /**
   * send again from expected_sequence
   */
  NACK_CODE_OUT_OF_ORDER: 'NACK_CODE_OUT_OF_ORDER',
  /**
   * CRC or codec: send the batch again
   */
  NACK_CODE_CORRUPT: 'NACK_CODE_CORRUPT',
} as const;

export type NackCodeInput =
  | 'NACK_CODE_UNSPECIFIED'
  | 0
  /**
   * stop the attempt, delete its spool
   */
  | 'NACK_CODE_STALE_EPOCH'
  | 1
  /**
   * stop the attempt, delete its spool
   */
  | 'NACK_CODE_UNKNOWN_RUN'
  | 2
  /**
   * send again from expected_sequence
   */
  | 'NACK_CODE_OUT_OF_ORDER'
  | 3
  /**
   * CRC or codec: send the batch again
   */
  | 'NACK_CODE_CORRUPT'
  | 4

export type NackCode = typeof NackCode[keyof typeof NackCode]
