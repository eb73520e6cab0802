import { ERROR_CODES } from '../runtime/error-codes.ts';
import { RunnerError } from '../runtime/errors.ts';

/**
 * The form of an error that may leave the network. The text of an error that this program did not word itself could
 * hold anything, so a fixed sentence stands for it; the original stays underneath, for the local log.
 */
export function outwardError(thrown: unknown): RunnerError {
  const error = RunnerError.from(thrown);
  if (error === thrown || thrown instanceof DOMException) return error;
  return new RunnerError(error.code, ERROR_CODES[error.code].meaning, { cause: thrown });
}

/** An error and what lies under it, for the local log. */
export function describeError(thrown: unknown): Record<string, unknown> {
  const chain: unknown[] = [];
  for (
    let error = thrown;
    error !== undefined && chain.length < 5;
    error = error instanceof Error ? error.cause : undefined
  ) {
    chain.push(
      error instanceof Error
        ? {
            name: error.name,
            code: 'code' in error ? error.code : undefined,
            message: error.message,
            stack:
              error instanceof RunnerError && error.code !== 'INTERNAL' ? undefined : error.stack,
          }
        : typeof error,
    );
  }
  return { error: chain[0], causes: chain.slice(1) };
}
