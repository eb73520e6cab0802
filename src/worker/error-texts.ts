import { codeEntry } from '../../foundation/src/runtime/error-codes.ts';
import { errorCodeOf } from '../../foundation/src/runtime/errno.ts';
import type { LogData } from '../../foundation/src/logging/logger.ts';
import { errorFields } from '../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/**
 * The form of an error that may leave the network. The message of a foreign error could contain
 * anything, so the meaning of the code replaces it; the original is kept as the cause, for the
 * local log.
 */
export function outwardError(thrown: unknown): RunnerError {
  const error = RunnerError.from(thrown);
  if (error === thrown || thrown instanceof DOMException) return error;
  return new RunnerError(error.code, codeEntry(error.code).meaning, { cause: thrown });
}

/** The fields of an error and its causes, for the local log. */
export function errorChain(thrown: unknown): LogData {
  const error = RunnerError.from(thrown);
  const causes: LogData[] = [];
  for (let { cause } = error as Error; cause !== undefined && causes.length < 5;) {
    causes.push(cause instanceof Error ? causeFields(cause) : { type: typeof cause });
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return { ...errorFields(error), stack: stackOf(error), causes };
}

function causeFields(cause: Error): LogData {
  const { name, message } = cause;
  return { name, code: errorCodeOf(cause), error: message, stack: stackOf(cause) };
}

/** Errors with a code are found without it. */
function stackOf(error: Error): string | undefined {
  return error instanceof RunnerError && error.code !== 'INTERNAL' ? undefined : error.stack;
}
