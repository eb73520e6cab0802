import { tryParseJson, isJson } from '../../../foundation/src/domain/json.ts';
import type { HttpResponse } from '../../../foundation/src/http/client.ts';
import { parseRetryAfter } from '../../../foundation/src/network/retry-after.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { printable } from '../../../foundation/src/runtime/printable.ts';

/** Error codes of statuses other than success. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'SINK_UNAUTHORIZED',
  403: 'SINK_FORBIDDEN',
  407: 'PROXY_REFUSED',
  408: 'SINK_BUSY',
  409: 'SINK_BUSY',
  412: 'SINK_BUSY',
  425: 'SINK_BUSY',
  429: 'SINK_BUSY',
  502: 'SINK_BUSY',
  503: 'SINK_BUSY',
  504: 'NETWORK_TIMEOUT',
};

/** Longest Retry-After that is honored, in milliseconds. */
const MAX_WAIT_MS = 5 * 60_000;

/**
 * The error of a response that is not a success. `what` names the request, for example `table
 * "crm.default.salesforce.Account"`.
 */
export function explain(answer: HttpResponse, what: string, now: number): RunnerError {
  const { status } = answer;
  if (status >= 300 && status < 400) {
    return new RunnerError('SINK_FAILED', `${what}: the server redirects (${status})`, {
      retryable: false,
      remedy:
        'Set hostPort to the address it redirects to; a redirect is not followed with a token.',
    });
  }
  const code = CODES[status] ?? (status >= 500 ? 'SINK_FAILED' : 'SINK_REJECTED');
  const wait = parseRetryAfter(retryAfter(answer), now, MAX_WAIT_MS);
  return new RunnerError(
    code,
    `${what}: ${status} ${reason(textOf(answer))}`,
    wait === undefined ? {} : { retryAfterMs: wait },
  );
}

/** Whether a `test` of a JSON patch failed, for which OpenMetadata has the status 500. */
export function isFailedTest(answer: HttpResponse): boolean {
  return answer.status >= 400 && /operation 'test' failed/.test(textOf(answer));
}

/**
 * Parses the response's JSON. Throws SINK_FAILED for anything else, such as the page of a proxy or
 * a portal.
 */
export function parseBody(answer: HttpResponse, what: string): unknown {
  const text = textOf(answer);
  if (text.trim() === '') return undefined;
  const parsed = tryParseJson(text);
  if (parsed !== undefined) return parsed.value;
  throw new RunnerError(
    'SINK_FAILED',
    `${what}: the response with status ${answer.status} is not JSON`,
    {
      remedy:
        'Check that hostPort is the API of an OpenMetadata server (it ends in /api), without a portal in between.',
    },
  );
}

function textOf(answer: HttpResponse): string {
  return answer.body().toString('utf8');
}

/** OpenMetadata answers `{code, message}`. */
function reason(text: string): string {
  const document = tryParseJson(text)?.value;
  const message = isJson(document) ? document['message'] : undefined;
  // Any other text, such as the page of a proxy, explains nothing.
  return typeof message === 'string' ? printable(message) : 'no reason given';
}

function retryAfter({ headers }: HttpResponse): string | undefined {
  const text = headers['retry-after'];
  return typeof text === 'string' ? text : undefined;
}
