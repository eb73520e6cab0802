// Original file: proto/hybrid/runner/v1/runner.proto


/**
 * The runner replaces the key of its identity. Both signatures are Ed25519 over
 * "hybrid-runner/key/v1\n" + runner id + "\n" + key of this session (32 bytes) + new key (32 bytes).
 */
export interface KeyProposalInput {
  /**
   * the new key: raw Ed25519, 32 bytes
   */
  'publicKey'?: (Buffer | Uint8Array | string);
  /**
   * by the key that signed the hello of this session
   */
  'signature'?: (Buffer | Uint8Array | string);
  /**
   * by the new key
   */
  'proof'?: (Buffer | Uint8Array | string);
}

/**
 * The runner replaces the key of its identity. Both signatures are Ed25519 over
 * "hybrid-runner/key/v1\n" + runner id + "\n" + key of this session (32 bytes) + new key (32 bytes).
 */
export interface KeyProposal {
  /**
   * the new key: raw Ed25519, 32 bytes
   */
  'publicKey': (Buffer);
  /**
   * by the key that signed the hello of this session
   */
  'signature': (Buffer);
  /**
   * by the new key
   */
  'proof': (Buffer);
}
