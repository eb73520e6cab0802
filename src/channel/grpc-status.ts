import { RunnerError, type RunnerErrorOptions } from '../../foundation/src/runtime/errors.ts';
import type { ErrorCode } from '../../foundation/src/runtime/error-codes.ts';
import { printable } from '../../foundation/src/runtime/printable.ts';

/** gRPC status codes with a specific error code. */
const MEANINGS: Readonly<Record<string, ErrorCode>> = {
  3: 'PROTOCOL_VIOLATION',
  4: 'NETWORK_TIMEOUT',
  8: 'FRAME_TOO_LARGE',
  12: 'PROTOCOL_VIOLATION',
  13: 'PROTOCOL_VIOLATION',
};

/**
 * The error for the status in the trailers of a call; undefined for OK. An unknown status counts as
 * a broken connection.
 */
export function statusError(
  status: string | undefined,
  message: string | undefined,
  options: RunnerErrorOptions = {},
): RunnerError | undefined {
  if (status === '0') return undefined;
  const code = MEANINGS[status ?? ''] ?? 'NETWORK_RESET';
  return new RunnerError(
    code,
    `call ended with gRPC status ${printable(status ?? 'none', 10)}: ${printable(decode(message ?? ''))}`,
    options,
  );
}

/** grpc-message is percent-encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
