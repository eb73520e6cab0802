import type { Endpoint } from '../../../foundation/src/network/endpoint.ts';
import type { ManagerOption } from './options.ts';
import type { ProviderDeps } from '../providers/provider-kind.ts';
import type { SecretPath } from '../reference.ts';

/** What a manager has stored under a name. */
export interface StoredSecret {
  /** One value, or several by key. */
  readonly content: StoredText | ReadonlyMap<string, StoredText>;
  /**
   * The manager's own version, which changes with every change of the value; absent if it has none.
   */
  readonly version?: string | undefined;
}

/** Bytes are read as UTF-8. */
export type StoredText = string | Uint8Array;

/**
 * A store of secrets on the network, or behind a program. `MountedManager` makes a `SecretProvider`
 * of it: it splits paths, limits and caches values, repeats what may pass, and bounds the time.
 */
export interface SecretManager {
  /**
   * The newest secret with this name; undefined when there is none. Throws SECRET_UNAVAILABLE for a
   * name that could mean the secret of another one, SECRET_MANAGER_* and SECRET_PROVIDER_FAILED,
   * and what connections throw. No message contains a value or a body.
   */
  fetch(name: SecretPath, signal: AbortSignal): Promise<StoredSecret | undefined>;
  /** Where `fetch` looks, to display: `https://vault.example:8200/v1/secret/data/sales`. */
  where(name: SecretPath): string;
  /** Signs in, and reads no secret. Throws as `fetch` does. Absent where there is no sign-in. */
  check?(signal: AbortSignal): Promise<void>;
}

/** A server that a manager may connect to. */
export interface ManagerEndpoint extends Endpoint {
  /** Only for metadata services of clouds, which have no TLS. */
  readonly plaintext?: true;
}

/**
 * A kind of manager. It is loaded with the configuration, so its code is small: `open` imports the
 * rest. It can be mounted more than once, each time with options of its own.
 */
export interface ManagerKind<Options> {
  /** For documents: `HashiCorp Vault or OpenBao`. */
  readonly title: string;
  /**
   * `entries`: a secret has keys, and the last segment of a reference is one of them. `value`: a
   * secret is one text; with the option `format: json`, it is an object with keys.
   */
  readonly shape: 'entries' | 'value';
  /** A function, so that nothing is made for a kind that is not configured. */
  readonly options: () => { readonly [Name in keyof Options]: ManagerOption<Options[Name]> };
  /** What is wrong with options that are valid one by one. */
  readonly problem?: (options: Options) => string | undefined;
  /**
   * Where the secrets of the mount are, from the widest part to the narrowest. Two mounts of which
   * one has a place within that of the other are rejected: a secret would have two references.
   */
  readonly place: (options: Options) => readonly string[];
  /** Every server that the options imply, that of the sign-in included. No other is reached. */
  readonly endpoints: (options: Options) => readonly ManagerEndpoint[];
  /** Reads no secret. `deps.connect` reaches `endpoints` only. */
  readonly open: (options: Options, deps: ProviderDeps) => Promise<SecretManager>;
  /** Environment variables that a worker needs. A name that ends with `_` is a prefix. */
  readonly variables?: (options: Options) => readonly string[];
}

/** Infers the options of a kind. */
export function managerKind<Options>(kind: ManagerKind<Options>): ManagerKind<Options> {
  return kind;
}
