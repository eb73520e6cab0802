import { tryParseJson, isJson } from '../../foundation/src/domain/json.ts';
import { parseRetryAfter } from '../../foundation/src/network/retry-after.ts';
import { isErrorCode } from '../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { printable } from '../../foundation/src/runtime/printable.ts';

/** An HTTP response received instead of a channel, or of an enrollment. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  /** The Retry-After header. */
  readonly retryAfter: string | undefined;
  /** The start of the body. */
  readonly body: string;
}

/** Bytes of an unexpected body that are read. */
export const ANSWER_BODY_LIMIT = 16 * 1024;
const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;

/**
 * Converts such a response into an error. Only an error document in the control plane's format, or
 * a 429 or 503 without a body, comes from the control plane; a web page comes from a proxy, a
 * captive portal or a load balancer. A page never ends the runner, and its error lets the runner
 * try another kind of channel.
 */
export function explainAnswer(answer: HttpAnswer, where: string, now: number): RunnerError {
  const stated = statedError(answer.body);
  const retryAfterMs = parseRetryAfter(answer.retryAfter, now, MAX_RETRY_AFTER_MS);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (stated !== undefined && isErrorCode(stated.code))
    return new RunnerError(stated.code, `${where}: ${stated.message}`, wait);
  const page = stated === undefined && answer.contentType.includes('html');
  const message = `${where} responded with status ${answer.status}${page ? ' with a web page' : ''} instead of opening the channel`;
  if (
    (answer.status === 429 || answer.status === 503) &&
    (stated !== undefined || answer.body.trim() === '')
  )
    return new RunnerError('CONTROL_PLANE_BUSY', message, wait);
  if ([401, 403, 407].includes(answer.status)) {
    return new RunnerError('PROXY_REFUSED', message, {
      ...wait,
      remedy:
        'Check proxy, firewall and captive portal: one of them answered instead of the control plane.',
    });
  }
  return new RunnerError('NETWORK_UNREACHABLE', message, {
    ...wait,
    remedy: 'Check the control plane URL, and whether a proxy or captive portal answers instead.',
  });
}

/** Parses `{"error":{"code":…,"message":…}}`, the format of every control plane error. */
function statedError(
  body: string,
): { readonly code: string; readonly message: string } | undefined {
  const document = tryParseJson(body)?.value;
  const error = isJson(document) ? document['error'] : undefined;
  if (!isJson(error) || typeof error['code'] !== 'string') return undefined;
  const message = error['message'];
  return {
    code: error['code'],
    message: typeof message === 'string' ? printable(message) : 'no reason given',
  };
}

/** Reads the start of a body and ignores the rest. */
export async function readBody(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= ANSWER_BODY_LIMIT) break;
    }
  } catch {
    // The part that was received is used.
  }
  return Buffer.concat(chunks).toString('utf8', 0, ANSWER_BODY_LIMIT);
}
