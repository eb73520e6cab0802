import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/**
 * A secret value that cannot be printed by accident. Only `reveal` gives the text; it is called where the value is
 * handed to a sign-in, nowhere else (a test holds the list of places).
 */
export class Secret {
  readonly #value: string;
  /** Changes when the value does; says nothing about it. */
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

/** A secret field of a connection. Reading it again gives the newest value, so that rotation needs no restart. */
export interface SecretSource {
  /** The reference it came from, for logs and policy; undefined when the field held plain text. */
  readonly reference: string | undefined;
  /** Throws SECRET_UNAVAILABLE or SECRET_PROVIDER_FAILED. */
  read(signal: AbortSignal): Promise<Secret>;
}
