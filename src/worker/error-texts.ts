import { codeEntry } from '../../foundation/src/runtime/error-codes.ts';
import { errorCodeOf } from '../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/**
 * The form of an error that may leave the network. The message of a foreign error could contain anything, so the meaning of
 * the code replaces it; the original is kept as the cause, for the local log.
 */
export function outwardError(thrown: unknown): RunnerError {
  const error = RunnerError.from(thrown);
  if (error === thrown || thrown instanceof DOMException) return error;
  return new RunnerError(error.code, codeEntry(error.code).meaning, { cause: thrown });
}

/** An error and its causes, for the local log. */
export function errorChain(thrown: unknown): Record<string, unknown> {
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
            code: errorCodeOf(error),
            message: error.message,
            stack:
              error instanceof RunnerError && error.code !== 'INTERNAL' ? undefined : error.stack,
          }
        : typeof error,
    );
  }
  return { error: chain[0], causes: chain.slice(1) };
}
