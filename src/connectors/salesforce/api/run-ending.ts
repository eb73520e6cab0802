import type { ErrorCode } from '../../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../errors/errors.ts';

/**
 * Whether an error ends the run. Code that tolerates missing parts of a catalog must rethrow such
 * an error: otherwise a catalog that is incomplete because the org was down would pass for
 * complete.
 */
export function endsRun(error: RunnerError, signal: AbortSignal): boolean {
  return signal.aborted || error.code === 'SALESFORCE_LIMIT_REACHED' || error.fatal;
}

/**
 * For a `catch` that continues without what failed: returns the error, or throws it if it ends the
 * run.
 */
export function rethrowIfRunEnds(
  thrown: unknown,
  signal: AbortSignal,
  fallback?: ErrorCode,
): RunnerError {
  const error = RunnerError.from(thrown, fallback);
  if (endsRun(error, signal)) throw error;
  return error;
}
