import type { RunnerError } from '../errors/errors.ts';

/** Errors of a call that may be due to the state of the org. */
const ORG_ERRORS: ReadonlySet<string> = new Set([
  'SALESFORCE_UNEXPECTED',
  'SALESFORCE_BUSY',
  'DEADLINE_EXCEEDED',
  'NETWORK_TIMEOUT',
  'NETWORK_RESET',
]);
/** Errors of a call that may be due to one of its objects or to its size. */
const OBJECT_ERRORS: ReadonlySet<string> = new Set([
  ...ORG_ERRORS,
  'SALESFORCE_NOT_FOUND',
  'SALESFORCE_FORBIDDEN',
  'RESPONSE_TOO_LARGE',
]);

export function mayBeOfObject({ code }: RunnerError): boolean {
  return OBJECT_ERRORS.has(code);
}

/**
 * Failed calls in a row, each tried several times, after which the org is at fault and not an
 * object.
 */
const MAX_FAILED_CALLS = 8;

/**
 * Counts failed calls in a row. Without it, every single object would be requested from an org that
 * is down.
 */
export class FailureStreak {
  #failed = 0;

  reset(): void {
    this.#failed = 0;
  }

  /** Throws the error once it can no longer be due to a single object. */
  add(error: RunnerError): void {
    if (!ORG_ERRORS.has(error.code)) return;
    this.#failed += 1;
    if (this.#failed > MAX_FAILED_CALLS) throw error;
  }
}
