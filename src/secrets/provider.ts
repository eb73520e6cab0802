import type { Secret } from './secret.ts';

/** Where secrets are kept. Every implementation runs the contract suite in test/contract. */
export interface SecretProvider {
  /** For logs: `vault`, `files`, `environment`. */
  readonly name: string;
  /**
   * The newest value at `path` (segments, already checked against the reference grammar), or undefined when there
   * is none. Each secret is reached by one path: a spelling that could mean another's is SECRET_UNAVAILABLE, with the
   * reason for the local log. Throws SECRET_PROVIDER_FAILED, VAULT_LOCKED, VAULT_DAMAGED or FILE_UNSAFE.
   */
  read(path: readonly string[], signal: AbortSignal): Promise<Secret | undefined>;
}
