import { RunnerError } from '../runtime/errors.ts';

/** One thing that is wrong in the configuration. */
export interface Problem {
  /** Where: the key, and the file, variable or flag it came from. */
  readonly path: string;
  readonly problem: string;
  readonly remedy: string;
}

/** CONFIG_INVALID with every problem in its message, one a line, and as `problems` in its cause. */
export function configInvalid(problems: readonly Problem[]): RunnerError {
  const lines = problems.map(
    ({ path, problem, remedy }) => `\n  ${path}: ${problem}${remedy === '' ? '' : `; ${remedy}`}`,
  );
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new RunnerError('CONFIG_INVALID', `the configuration has ${count}:${lines.join('')}`, {
    cause: { problems },
  });
}

/** The problems that `configInvalid` put into an error; none for any other error. */
export function problemsOf(error: RunnerError): readonly Problem[] {
  const { cause } = error;
  const listed =
    error.code === 'CONFIG_INVALID' &&
    typeof cause === 'object' &&
    cause !== null &&
    'problems' in cause;
  return listed ? (cause.problems as readonly Problem[]) : [];
}
