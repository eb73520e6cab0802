import type { RunnerError } from '../../../runtime/errors.ts';

/** Errors after which no call of the run can succeed: an org that was given up, a sign-in that failed. */
const FATAL = new WeakSet<RunnerError>();

export function markFatal(error: RunnerError): RunnerError {
  FATAL.add(error);
  return error;
}

/**
 * Whether an error ends the run, wherever it is met. Whoever reads what a catalogue can do without must throw these on, or
 * what is missing because the org was down would pass for all there is.
 */
export function endsRun(error: RunnerError, signal: AbortSignal): boolean {
  return signal.aborted || error.code === 'SALESFORCE_LIMIT_REACHED' || FATAL.has(error);
}
