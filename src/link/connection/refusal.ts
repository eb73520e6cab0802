import type { Refusal } from '../../channel/frames.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { printable } from '../../../foundation/src/runtime/printable.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  RUNNER_REVOKED: 'RUNNER_REVOKED',
  RUNNER_UNKNOWN: 'RUNNER_UNKNOWN',
  SIGNATURE_INVALID: 'SIGNATURE_INVALID',
  PROTOCOL_UNSUPPORTED: 'PROTOCOL_UNSUPPORTED',
  IDENTITY_IN_USE: 'IDENTITY_IN_USE',
  SUPERSEDED: 'SUPERSEDED',
  BUSY: 'CONTROL_PLANE_BUSY',
};

/** Codes that end the service when the control plane calls them permanent. */
const ENDING: ReadonlySet<ErrorCode> = new Set([
  'RUNNER_REVOKED',
  'RUNNER_UNKNOWN',
  'SIGNATURE_INVALID',
  'PROTOCOL_UNSUPPORTED',
]);

/** Longest pause that a control plane can ask for. */
const RETRY_AFTER_MAX_MS = 60 * 60 * 1000;

/**
 * Keeps two processes with one identity from disconnecting each other in a tight loop where the
 * newest connection wins.
 */
const SUPERSEDED_PAUSE_MS = 60_000;

/**
 * A refusal as an error; retryable unless the control plane calls it permanent. An unknown code is
 * always retryable.
 */
export function refusalError(refusal: Refusal): RunnerError {
  const known = Object.hasOwn(CODES, refusal.code) ? CODES[refusal.code] : undefined;
  const code = known ?? 'CONTROL_PLANE_BUSY';
  const reason = printable(refusal.message) || 'no reason given';
  const retryAfterMs = Math.max(
    Math.min(refusal.retryAfterMs, RETRY_AFTER_MAX_MS),
    code === 'SUPERSEDED' ? SUPERSEDED_PAUSE_MS : 0,
  );
  return new RunnerError(
    code,
    known === undefined ? `rejected with ${printable(refusal.code, 60)}: ${reason}` : reason,
    {
      retryable: known === undefined || !refusal.permanent,
      ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
    },
  );
}

/**
 * Whether only a person can resolve the error, so that the runner stops. Network errors never stop
 * it.
 */
export function endsService(error: RunnerError): boolean {
  return ENDING.has(error.code) && !error.retryable;
}
