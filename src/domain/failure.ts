/** The form an error has outside the process that met it: in records, in frames, on the console. Never holds a secret. */
export interface Failure {
  /** One of the codes in docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** What to do next, for the person who reads it. */
  readonly remedy: string;
  /** Whether the same attempt may succeed later without a person changing anything. */
  readonly retryable: boolean;
}

/** A failure of one named thing (an sObject, a step) that did not end the run. */
export interface NamedFailure extends Failure {
  readonly name: string;
}
