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
  /**
   * Where `read` looks, to display; absent for a place on this machine. Throws SECRET_UNAVAILABLE
   * as `read` does.
   */
  where?(path: SecretPath): Promise<string>;
  /** Signs in and reads no secret. Throws as `read` does. Absent where there is no sign-in. */
  check?(signal: AbortSignal): Promise<void>;
}

/** A provider of those that are configured. */
export interface Place {
  /** `vault`, `hashicorp-vault`. */
  readonly type: string;
  /** Its mount, as in `/aws`; undefined for one without. */
  readonly prefix: string | undefined;
  readonly provider: SecretProvider;
}

/** All providers as one, and what reports say about them. */
export interface Providers extends SecretProvider {
  /** Those that may have the secret at this path, in the order of look-ups, with their own path. */
  placesOf(path: SecretPath): readonly (Place & { readonly path: SecretPath })[];
  readonly places: readonly Place[];
}
