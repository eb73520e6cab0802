import type { SecretPath } from './reference.ts';
import type { Secret } from './secret.ts';

/** A store of secrets. Every implementation runs the contract suite in test/contract. */
export interface SecretProvider {
  /** For logs: `vault`, `files`, `environment`. */
  readonly name: string;
  /**
   * The newest value at the path; undefined when there is none. Each secret has one path: a
   * spelling that could mean another path is SECRET_UNAVAILABLE, with the reason for the local log.
   * Throws SECRET_PROVIDER_FAILED, VAULT_LOCKED, VAULT_DAMAGED, FILE_UNSAFE or FILE_UNREADABLE.
   */
  read(path: SecretPath, signal: AbortSignal): Promise<Secret | undefined>;
}
