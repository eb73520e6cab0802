// Original file: proto/hybrid/runner/v1/runner.proto


/**
 * From now on a hello may be signed by either key; the first one by the new key ends the old one.
 */
export interface KeyAcceptedInput {
  'publicKey'?: (Buffer | Uint8Array | string);
}

/**
 * From now on a hello may be signed by either key; the first one by the new key ends the old one.
 */
export interface KeyAccepted {
  'publicKey': (Buffer);
}
