/**
 * An error as other processes see it: in records, in frames, on the console. Never contains a
 * secret.
 */
export interface Failure {
  /** One of the codes in docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** What the reader can do about it. */
  readonly remedy: string;
  /** Whether the same work may succeed later without any change by a person. */
  readonly retryable: boolean;
}

/** The failure of a named item (an sObject, a step) that did not end the run. */
export interface NamedFailure extends Failure {
  readonly name: string;
}
