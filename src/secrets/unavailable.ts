import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** The one error for a secret that cannot be used; only the local log has the reason. */
export function unavailable(field: string): RunnerError {
  return new RunnerError('SECRET_UNAVAILABLE', `secret for field "${field}" is not available`);
}
