import type { Refusal } from '../channel/frames.ts';
import type { ErrorCode } from '../runtime/error-codes.ts';
import { RunnerError } from '../runtime/errors.ts';
import { printable } from '../runtime/printable.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  RUNNER_REVOKED: 'RUNNER_REVOKED',
  RUNNER_UNKNOWN: 'RUNNER_UNKNOWN',
  SIGNATURE_INVALID: 'SIGNATURE_INVALID',
  PROTOCOL_UNSUPPORTED: 'PROTOCOL_UNSUPPORTED',
  SUPERSEDED: 'SUPERSEDED',
  BUSY: 'CONTROL_PLANE_BUSY',
};

/** The codes with which a control plane can end the service. */
const ENDING: ReadonlySet<ErrorCode> = new Set(['RUNNER_REVOKED', 'RUNNER_UNKNOWN', 'SIGNATURE_INVALID', 'PROTOCOL_UNSUPPORTED', 'SUPERSEDED']);

/** However long a control plane asks to wait, the runner looks in after this. */
const RETRY_AFTER_MAX_MS = 60 * 60 * 1000;

/** A refusal as an error; retryable unless the control plane called it permanent. */
export function refusalError(refusal: Refusal): RunnerError {
  const known = Object.hasOwn(CODES, refusal.code) ? CODES[refusal.code] : undefined;
  const code = known ?? (refusal.permanent ? 'PROTOCOL_UNSUPPORTED' : 'CONTROL_PLANE_BUSY');
  const said = printable(refusal.message) || 'no reason given';
  return new RunnerError(code, known === undefined ? `refused with ${printable(refusal.code, 60)}: ${said}` : said, {
    retryable: !refusal.permanent, ...(refusal.retryAfterMs > 0 ? { retryAfterMs: Math.min(refusal.retryAfterMs, RETRY_AFTER_MAX_MS) } : {}),
  });
}

/** Whether trying again cannot help without a person. Network errors never are. */
export function endsService(error: RunnerError): boolean {
  return ENDING.has(error.code) && !error.retryable;
}
