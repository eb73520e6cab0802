import type { OutcomeRecord } from '../../../foundation/src/domain/record.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { EXIT, exitCodeOf, type ExitCode } from '../exit-codes.ts';
import type { Invocation } from '../invocation.ts';

/** Shows the error of an outcome, if it has one, and returns the exit code. */
export function conclude({ terminal }: Invocation, { status, error }: OutcomeRecord): ExitCode {
  if (status === 'success' || status === 'partialSuccess') return EXIT.ok.code;
  if (status === 'cancelled') return EXIT.stopped.code;
  if (error === undefined) return EXIT.runFailed.code;
  const failure = RunnerError.fromFailure(error);
  if (!terminal.json) terminal.fail(failure);
  return exitCodeOf(failure);
}
