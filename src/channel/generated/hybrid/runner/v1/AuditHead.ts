// Original file: proto/hybrid/runner/v1/runner.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The end of the runner's audit trail. The signature is Ed25519 by the identity over
 * "hybrid-runner/audit-head/v1\n" + runner id + "\n" + number + "\n" + hash + "\n".
 */
export interface AuditHeadInput {
  /**
   * of the last line
   */
  'number'?: (number | string | Long);
  /**
   * of the last line: SHA-256, 64 hexadecimal digits
   */
  'hash'?: (string);
  /**
   * 64 bytes
   */
  'signature'?: (Buffer | Uint8Array | string);
  /**
   * The head before this one (from the welcome, then the one sent last), and the hash that the line
   * with its number has now; empty if there is no such line.
   */
  'previousNumber'?: (number | string | Long);
  'previousHash'?: (string);
}

/**
 * The end of the runner's audit trail. The signature is Ed25519 by the identity over
 * "hybrid-runner/audit-head/v1\n" + runner id + "\n" + number + "\n" + hash + "\n".
 */
export interface AuditHead {
  /**
   * of the last line
   */
  'number': (number);
  /**
   * of the last line: SHA-256, 64 hexadecimal digits
   */
  'hash': (string);
  /**
   * 64 bytes
   */
  'signature': (Buffer);
  /**
   * The head before this one (from the welcome, then the one sent last), and the hash that the line
   * with its number has now; empty if there is no such line.
   */
  'previousNumber': (number);
  'previousHash': (string);
}
