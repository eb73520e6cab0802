import type { HttpRequest } from '../../../../foundation/src/http/client.ts';
import type { Session } from '../sign-in/session.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** From the slash on. Built here from templates; never comes from a job. */
  readonly path: string;
  /** Sent as JSON. Every POST here only reads, so every request may be repeated. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Tries in all, for a call that the run depends on. */
  readonly tries?: number;
  /** Calls that must remain after this one for the calls that follow from it. */
  readonly headroom?: number;
  /** For error messages: `describe of 25 objects`. */
  readonly what: string;
}

/** For a call that the run depends on: with growing pauses, the tries take about a minute. */
export const MAX_TRIES = 12;

/** The list of versions needs no session and does not count toward the allocation. */
export const VERSIONS_PATH = '/services/data/';

const CLIENT = 'client=hybrid-ingestion-runner';

/** The request as it is sent with a session. */
export function httpRequest(
  { method, path, body, headers }: ApiRequest,
  { origin, accessToken }: Session,
): HttpRequest {
  return {
    method,
    path,
    origin,
    headers: {
      ...headers,
      authorization: `Bearer ${accessToken}`,
      'sforce-call-options': CLIENT,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/**
 * A cheap request that shows whether the org is up. Before the version is known it is free.
 * Afterwards it is a composite, as nearly all calls are, because an org may answer some kinds of
 * calls and not others.
 */
export function probeRequest(path: string): ApiRequest {
  const what = 'probe of Salesforce';
  const base = /^\/services\/data\/v[\d.]+\//.exec(path)?.[0];
  if (base === undefined) return { method: 'GET', path: VERSIONS_PATH, what };
  return {
    method: 'POST',
    path: `${base}composite`,
    what,
    body: {
      allOrNone: false,
      compositeRequest: [{ method: 'GET', url: `${base}limits`, referenceId: 'limits' }],
    },
  };
}
