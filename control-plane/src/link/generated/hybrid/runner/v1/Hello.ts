// Original file: proto/hybrid/runner/v1/runner.proto


/**
 * The signature proves possession of the runner's private key for this channel alone:
 * Ed25519 over "hybrid-runner/link/v1\n" + authority + "\n" + nonce + SHA-256(statement),
 * where authority is the host:port the runner dialed, in lower case.
 */
export interface HelloInput {
  /**
   * a serialized HelloStatement
   */
  'statement'?: (Buffer | Uint8Array | string);
  /**
   * 64 bytes
   */
  'signature'?: (Buffer | Uint8Array | string);
}

/**
 * The signature proves possession of the runner's private key for this channel alone:
 * Ed25519 over "hybrid-runner/link/v1\n" + authority + "\n" + nonce + SHA-256(statement),
 * where authority is the host:port the runner dialed, in lower case.
 */
export interface Hello {
  /**
   * a serialized HelloStatement
   */
  'statement': (Buffer);
  /**
   * 64 bytes
   */
  'signature': (Buffer);
}
