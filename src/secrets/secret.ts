import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/**
 * A secret value that cannot be printed by accident. Only `reveal` returns the text, and only
 * sign-ins and the redactor call it: a test lists the files that do.
 */
export class Secret {
  readonly #value: string;
  /** Changes when the value changes, and reveals nothing about it. */
  readonly version: string;

  constructor(value: string, version: string) {
    this.#value = value;
    this.version = version;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

/**
 * A secret field of a connection. Each read returns the newest value, so that a rotation needs no
 * restart.
 */
export interface SecretSource {
  /** The reference in the field, for logs; undefined for plain text and for files. */
  readonly reference: string | undefined;
  /**
   * Throws SECRET_UNAVAILABLE, SECRET_FILE_DENIED, SECRET_PROVIDER_FAILED, VAULT_LOCKED or
   * VAULT_DAMAGED.
   */
  read(signal: AbortSignal): Promise<Secret>;
}
