import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** A problem of the configuration. */
export interface Problem {
  /** The key, and the file, variable or flag that set it. */
  readonly path: string;
  readonly problem: string;
  readonly remedy: string;
}

/**
 * CONFIG_INVALID with every problem in its message, one per line, and as `problems` in its cause.
 */
export function configInvalid(problems: readonly Problem[]): RunnerError {
  const lines = problems.map(
    ({ path, problem, remedy }) => `\n  ${path}: ${problem}${remedy === '' ? '' : `; ${remedy}`}`,
  );
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new RunnerError('CONFIG_INVALID', `invalid configuration, ${count}:${lines.join('')}`, {
    cause: { problems },
  });
}

/** The problems in an error of `configInvalid`; empty for any other error. */
export function problemsOf(error: RunnerError): readonly Problem[] {
  const { cause } = error;
  const listed =
    error.code === 'CONFIG_INVALID' &&
    typeof cause === 'object' &&
    cause !== null &&
    'problems' in cause;
  return listed ? (cause.problems as readonly Problem[]) : [];
}
