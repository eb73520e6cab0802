import type { ApiError } from '../errors.ts';

/** One call of the REST API: an HTTP request, or a subrequest of a composite. */
export interface ApiRequest {
  readonly level: 'http' | 'item';
  readonly method: string;
  readonly host: string;
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
  /** `68.0`. */
  readonly version: string;
  /** The path after the version, without a trailing slash: `/sobjects/Account/describe`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON, or null. */
  readonly body: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, serialized; null for none. */
  readonly json: string | null;
  /** Response time of the emulated server, in milliseconds. */
  readonly serverMillis: number;
  /** API calls charged. */
  readonly charge: number;
}

export function answer(
  json: string | null,
  serverMillis: number,
  more: Partial<ApiAnswer> = {},
): ApiAnswer {
  return { status: 200, headers: {}, json, serverMillis, charge: 1, ...more };
}

export function errorAnswer(error: ApiError, serverMillis = 0): ApiAnswer {
  return { status: error.status, headers: {}, json: error.toJson(), serverMillis, charge: 1 };
}

/**
 * Whether something changed after the time of an `If-Modified-Since` header. HTTP dates have no
 * fractions, so a change counts as made at the end of its second: a client may see a change twice
 * but never misses one. An invalid date is ignored.
 */
export function isModified(header: string | undefined, modifiedAt: number): boolean {
  const since = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(since) || endOfSecond(modifiedAt) > since;
}

export function httpDate(millis: number): string {
  return new Date(endOfSecond(millis)).toUTCString();
}

function endOfSecond(millis: number): number {
  return (Math.floor(millis / 1000) + 1) * 1000;
}
