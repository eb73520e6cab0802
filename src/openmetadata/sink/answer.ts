import type { HttpResponse } from '../../http/client.ts';
import { parseRetryAfter } from '../../network/retry-after.ts';
import type { ErrorCode } from '../../runtime/error-codes.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { printable } from '../../runtime/printable.ts';

/** What a status other than success means for the run. */
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
  504: 'SINK_BUSY',
};

/** Longest wait that a server may ask for, in milliseconds. */
const MAX_WAIT_MS = 5 * 60_000;

/** The error that an answer stands for. `what` says what was asked, for example `table "crm.default.salesforce.Account"`. */
export function explain(answer: HttpResponse, what: string, now: number): RunnerError {
  const { status } = answer;
  if (status >= 300 && status < 400) {
    return new RunnerError('SINK_FAILED', `${what}: the server points elsewhere (${status})`, {
      retryable: false,
      remedy:
        'Put the address that it points to into hostPort; redirects are not followed with a token in hand.',
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

/** Reads the answer's JSON. Throws SINK_FAILED for anything else: a proxy's or a portal's page. */
export function parseJson(answer: HttpResponse, what: string): unknown {
  const text = textOf(answer);
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    throw new RunnerError('SINK_FAILED', `${what}: the answer (${answer.status}) is not JSON`, {
      cause: thrown,
      remedy:
        'Check that hostPort leads to the API of an OpenMetadata server (it ends in /api), with no portal in between.',
    });
  }
}

function textOf(answer: HttpResponse): string {
  return answer.body().toString('utf8');
}

/** OpenMetadata answers `{code, message}`. */
function reason(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === 'string') return printable(message);
  } catch {
    // Not the server's own error document: its text is of no use to anyone.
  }
  return 'without a reason';
}

function retryAfter({ headers }: HttpResponse): string | undefined {
  const text = headers['retry-after'];
  return typeof text === 'string' ? text : undefined;
}
