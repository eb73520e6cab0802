import { tryParseJson } from '../../../../foundation/src/domain/json.ts';
import type { HttpResponse } from '../../../../foundation/src/http/client.ts';
import { RunnerError } from '../errors/errors.ts';
import { parseRetryAfter } from '../../../../foundation/src/network/retry-after.ts';
import { readError, rejection } from './rejection.ts';

export const NOT_MODIFIED = 304;

/** Longest Retry-After that is honored. */
const MAX_RETRY_AFTER_MS = 300_000;

/** The response if it is a success. Throws the typed error of any other. */
export function requireSuccess(response: HttpResponse, what: string): HttpResponse {
  const { status, headers } = response;
  if ((status >= 200 && status < 300) || status === NOT_MODIFIED) return response;
  throw rejection(status, valueOf(response.body()), what, retryAfterMs(headers));
}

/** A date counts from the date of the response, so the local clock has no influence. */
function retryAfterMs({
  date,
  'retry-after': header,
}: HttpResponse['headers']): number | undefined {
  if (typeof header !== 'string') return undefined;
  return parseRetryAfter(header, Date.parse(String(date)), MAX_RETRY_AFTER_MS);
}

/**
 * Whether the org is overloaded. It rejects concurrent calls with the same status as forbidden
 * ones.
 */
export function isBusy({ status, body }: HttpResponse): boolean {
  return status >= 400 && rejection(status, valueOf(body()), '').code === 'SALESFORCE_BUSY';
}

/**
 * The parsed body of a success. Throws SALESFORCE_UNEXPECTED, and the typed error of a body that
 * contains one.
 */
export function parseBody(response: HttpResponse, what: string): unknown {
  const body = valueOf(response.body());
  if (body === undefined)
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the response is not JSON`, {
      retryable: true,
    });
  const error = readError(body);
  if (Array.isArray(body) && error !== undefined) throw rejection(response.status, body, what);
  return body;
}

function valueOf(body: Buffer): unknown {
  return tryParseJson(body.toString())?.value;
}

/** Calls of 24 hours, as the org counts them. */
export interface ApiUsage {
  readonly used: number;
  readonly limit: number;
}

export function readUsage({ headers }: HttpResponse): ApiUsage | undefined {
  const header = headers['sforce-limit-info'];
  const match =
    typeof header === 'string'
      ? /(?:^|[^-])api-usage=(?<used>\d+)\/(?<limit>\d+)/.exec(header)
      : null;
  return match === null
    ? undefined
    : { used: Number(match.groups!['used']), limit: Number(match.groups!['limit']) };
}
