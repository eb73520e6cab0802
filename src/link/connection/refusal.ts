import type { Refusal } from '../../channel/frames.ts';
import type { ErrorCode } from '../../runtime/error-codes.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { printable } from '../../runtime/printable.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  RUNNER_REVOKED: 'RUNNER_REVOKED',
  RUNNER_UNKNOWN: 'RUNNER_UNKNOWN',
  SIGNATURE_INVALID: 'SIGNATURE_INVALID',
  PROTOCOL_UNSUPPORTED: 'PROTOCOL_UNSUPPORTED',
  IDENTITY_IN_USE: 'IDENTITY_IN_USE',
  SUPERSEDED: 'SUPERSEDED',
  BUSY: 'CONTROL_PLANE_BUSY',
};

/** The codes with which a control plane can end the service. */
const ENDING: ReadonlySet<ErrorCode> = new Set([
  'RUNNER_REVOKED',
  'RUNNER_UNKNOWN',
  'SIGNATURE_INVALID',
  'PROTOCOL_UNSUPPORTED',
]);

/** However long a control plane asks to wait, the runner looks in after this. */
const RETRY_AFTER_MAX_MS = 60 * 60 * 1000;

/** Where the newest connection wins, two processes with one identity must not put each other out again and again. */
const SUPERSEDED_PAUSE_MS = 60_000;

/** A refusal as an error; retryable unless the control plane called it permanent. A code that this runner does not know never ends it. */
export function refusalError(refusal: Refusal): RunnerError {
  const known = Object.hasOwn(CODES, refusal.code) ? CODES[refusal.code] : undefined;
  const code = known ?? 'CONTROL_PLANE_BUSY';
  const said = printable(refusal.message) || 'no reason given';
  const retryAfterMs = Math.max(
    Math.min(refusal.retryAfterMs, RETRY_AFTER_MAX_MS),
    code === 'SUPERSEDED' ? SUPERSEDED_PAUSE_MS : 0,
  );
  return new RunnerError(
    code,
    known === undefined ? `refused with ${printable(refusal.code, 60)}: ${said}` : said,
    {
      retryable: known === undefined || !refusal.permanent,
      ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
    },
  );
}

/** Whether trying again cannot help without a person. Network errors never are. */
export function endsService(error: RunnerError): boolean {
  return ENDING.has(error.code) && !error.retryable;
}
