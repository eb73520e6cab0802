import type { RunnerError } from '../../../runtime/errors.ts';

/**
 * Whether an error ends the run. Code that tolerates missing parts of a catalog must rethrow such an error: otherwise a
 * catalog that is incomplete because the org was down would pass for complete.
 */
export function endsRun(error: RunnerError, signal: AbortSignal): boolean {
  return signal.aborted || error.code === 'SALESFORCE_LIMIT_REACHED' || error.fatal;
}
