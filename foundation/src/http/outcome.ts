import type { ErrorCode } from '../runtime/error-codes.ts';
import type { RunnerError } from '../runtime/errors.ts';

const UNANSWERED: ReadonlySet<ErrorCode> = new Set([
  'DEADLINE_EXCEEDED',
  'NETWORK_TIMEOUT',
  'NETWORK_RESET',
]);

/**
 * Whether the outcome of the request is unknown: the server may have processed it or may still be
 * processing it. Never true for a request that was not sent.
 */
export function isOutcomeUnknown({ code, neverSent }: RunnerError): boolean {
  return !neverSent && UNANSWERED.has(code);
}
