import type { ErrorCode } from '../../../../foundation/src/runtime/error-codes.ts';
import type { RunnerError } from '../../../../foundation/src/runtime/errors.ts';

const OUTAGE: ReadonlySet<ErrorCode> = new Set([
  'SALESFORCE_BUSY',
  'NETWORK_UNREACHABLE',
  'NETWORK_TIMEOUT',
  'NETWORK_RESET',
  'DEADLINE_EXCEEDED',
]);

/**
 * Whether a failed request may mean that the org is down: overloaded, in maintenance, or
 * unreachable.
 */
export function mayBeOutage({ code, retryable }: RunnerError): boolean {
  return retryable && OUTAGE.has(code);
}
