import type { ErrorCode } from './error-codes.ts';
import { RunnerError } from './errors.ts';

/**
 * The fields of a log line that reports a failure. Every such line has them, so a search for a code
 * finds all.
 */
// An alias, because an interface is not assignable to LogData.
export type ErrorFields = { readonly code: ErrorCode; readonly error: string };

export function errorFields(thrown: unknown): ErrorFields {
  const { code, message } = RunnerError.from(thrown);
  return { code, error: message };
}

const MAX_CAUSES = 5;

/** With the messages of the causes, which may contain anything: for the local log only. */
export function localErrorFields(
  thrown: unknown,
): ErrorFields & { readonly causes?: readonly string[] } {
  const causes: string[] = [];
  for (
    let { cause } = RunnerError.from(thrown) as Error;
    cause instanceof Error && causes.length < MAX_CAUSES;
    cause = cause.cause
  )
    causes.push(cause instanceof RunnerError ? String(cause) : cause.message);
  return { ...errorFields(thrown), ...(causes.length === 0 ? {} : { causes }) };
}
