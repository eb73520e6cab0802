import { parseRetryAfter } from '../network/retry-after.ts';
import { isErrorCode } from '../runtime/error-codes.ts';
import { RunnerError } from '../runtime/errors.ts';
import { printable } from '../runtime/printable.ts';

/** An HTTP answer where a channel, or an enrollment, was expected. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  /** The Retry-After header, when there is one. */
  readonly retryAfter: string | undefined;
  /** The start of the body. */
  readonly body: string;
}

/** Bytes of an unexpected body worth reading. */
export const ANSWER_BODY_LIMIT = 16 * 1024;
const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;

/**
 * What such an answer means. Only an error document in the control plane's own form speaks for the control plane, and a
 * 429 or 503 without a body; a page in its place comes from a proxy, a captive portal or a load balancer. A page never ends
 * the runner, and its error is one after which another kind of channel is tried.
 */
export function explainAnswer(answer: HttpAnswer, where: string, now: number): RunnerError {
  const stated = statedError(answer.body);
  const retryAfterMs = parseRetryAfter(answer.retryAfter, now, MAX_RETRY_AFTER_MS);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (stated !== undefined && isErrorCode(stated.code))
    return new RunnerError(stated.code, `${where}: ${stated.message}`, wait);
  const page = stated === undefined && answer.contentType.includes('html');
  const message = `${where} answered ${answer.status}${page ? ' with a web page' : ''} instead of opening the channel`;
  if (
    (answer.status === 429 || answer.status === 503) &&
    (stated !== undefined || answer.body.trim() === '')
  )
    return new RunnerError('CONTROL_PLANE_BUSY', message, wait);
  if ([401, 403, 407].includes(answer.status)) {
    return new RunnerError('PROXY_REFUSED', message, {
      ...wait,
      remedy:
        'Something between here and the control plane answered: check proxy, firewall and captive portal.',
    });
  }
  return new RunnerError('NETWORK_UNREACHABLE', message, {
    ...wait,
    remedy:
      'Check the control plane URL, and whether a proxy or captive portal answers in its place.',
  });
}

/** `{"error":{"code":…,"message":…}}`, the form of every error of a control plane. */
function statedError(
  body: string,
): { readonly code: string; readonly message: string } | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.code !== 'string') return undefined;
    return {
      code: error.code,
      message: typeof error.message === 'string' ? printable(error.message) : 'no reason given',
    };
  } catch {
    return undefined;
  }
}

/** Collects the start of a body; ignores the rest. */
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
    // A body cut short still says what it said.
  }
  return Buffer.concat(chunks).toString('utf8', 0, ANSWER_BODY_LIMIT);
}
