import { RunnerError, type RunnerErrorOptions } from '../runtime/errors.ts';
import type { ErrorCode } from '../runtime/error-codes.ts';
import { printable } from '../runtime/printable.ts';

/** The status codes of gRPC that mean something of their own here. */
const MEANINGS: Readonly<Record<string, ErrorCode>> = {
  3: 'PROTOCOL_VIOLATION',
  4: 'NETWORK_TIMEOUT',
  8: 'FRAME_TOO_LARGE',
  12: 'PROTOCOL_VIOLATION',
  13: 'PROTOCOL_VIOLATION',
};

/** The end of a call as its trailers tell it: undefined for OK. Everything unknown is a break of the connection, to be tried again. */
export function statusError(
  status: string | undefined,
  message: string | undefined,
  options: RunnerErrorOptions = {},
): RunnerError | undefined {
  if (status === '0') return undefined;
  const code = MEANINGS[status ?? ''] ?? 'NETWORK_RESET';
  return new RunnerError(
    code,
    `the call ended with gRPC status ${printable(status ?? 'none', 10)}: ${printable(decode(message ?? ''))}`,
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
