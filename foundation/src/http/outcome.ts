import type { ErrorCode } from '../runtime/error-codes.ts';
import type { RunnerError } from '../runtime/errors.ts';

const UNANSWERED: ReadonlySet<ErrorCode> = new Set([
  'DEADLINE_EXCEEDED',
  'NETWORK_TIMEOUT',
  'NETWORK_RESET',
]);

/**
 * Whether the error leaves open what became of the request: the server may have carried it out, or may still be at work
 * on it. Never true for a request that was not sent.
 */
export function isOutcomeUnknown({ code, neverSent }: RunnerError): boolean {
  return !neverSent && UNANSWERED.has(code);
}
