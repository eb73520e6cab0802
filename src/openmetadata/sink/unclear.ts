import type { ErrorCode } from '../../runtime/error-codes.ts';
import type { RunnerError } from '../../runtime/errors.ts';

const UNCLEAR: ReadonlySet<ErrorCode> = new Set([
  'DEADLINE_EXCEEDED',
  'NETWORK_TIMEOUT',
  'NETWORK_RESET',
]);

/** Whether nobody can tell from the error if the server has done what was asked, or is still at it. */
export function isUnclear({ code }: RunnerError): boolean {
  return UNCLEAR.has(code);
}
