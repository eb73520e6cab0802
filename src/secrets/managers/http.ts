import { HttpClient, type HttpResponse } from '../../../foundation/src/http/client.ts';
import type { ConnectOptions } from '../../../foundation/src/network/connect.ts';
import { parseRetryAfter } from '../../../foundation/src/network/retry-after.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../providers/provider-kind.ts';
import { readAuthorities } from './credential-file.ts';

/** A JSON document with a secret of 64 KiB, escaped, and what else its answer has. */
const MAX_BYTES = 2 * 1024 * 1024;
/** Within the deadline of a look-up, so that a server that is slow once can be asked again. */
const CALL_MS = 8_000;
/** Longer pauses would not leave time for another try. */
const MAX_PAUSE_MS = 5_000;

export interface ManagerRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the slash on. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface ManagerResponse {
  readonly status: number;
  /** Throws SECRET_PROVIDER_FAILED, which does not quote the body. */
  readonly json: () => unknown;
  /** How long the server asks to wait. */
  readonly retryAfterMs: number | undefined;
}

export interface ManagerServer {
  /** `https://vault.example:8200`. */
  readonly origin: string;
  /** PEM file of the CAs that the server's certificate may have beside the known ones. */
  readonly caFile: string | undefined;
  /** For sign-ins with a client certificate, in PEM form. */
  readonly identity?: () => Promise<{ readonly cert: string; readonly key: string }>;
}

/**
 * JSON over HTTPS to the server of a manager. A connection for each call: calls are rare, and the
 * client certificate and CAs are read again. Redirects are not followed.
 */
export function createManagerHttp(
  { origin, caFile, identity }: ManagerServer,
  { connect, clock }: Pick<ProviderDeps, 'connect' | 'clock'>,
): (request: ManagerRequest, signal: AbortSignal) => Promise<ManagerResponse> {
  const tls = async (): Promise<NonNullable<ConnectOptions['tls']>> => ({
    ...(caFile === undefined ? {} : { ca: await readAuthorities(caFile) }),
    ...(await identity?.()),
  });
  return async ({ method, path, headers, body }, signal) => {
    const client = new HttpClient({
      connect,
      clock,
      tls,
      unexpected: 'SECRET_PROVIDER_FAILED',
      callMs: CALL_MS,
      maxBytes: MAX_BYTES,
    });
    try {
      const text = body === undefined ? {} : { body: JSON.stringify(body) };
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const all = { accept: 'application/json', ...type, ...headers };
      const response = await client.call({ method, origin, path, headers: all, ...text }, signal);
      return toResponse(response, origin, clock.now());
    } finally {
      await client.close();
    }
  };
}

function toResponse(
  { status, headers, body }: HttpResponse,
  origin: string,
  now: number,
): ManagerResponse {
  const asked = headers['retry-after'];
  return {
    status,
    retryAfterMs: typeof asked === 'string' ? parseRetryAfter(asked, now, MAX_PAUSE_MS) : undefined,
    json: () => {
      try {
        return JSON.parse(body().toString());
      } catch {
        // Without the cause: its message would quote the body.
        throw new RunnerError('SECRET_PROVIDER_FAILED', `the response of ${origin} is not JSON`);
      }
    },
  };
}

/** The error of an answer that is no success. Managers that mean something else say so before. */
export function failureOf({ status, retryAfterMs }: ManagerResponse, what: string): RunnerError {
  const message = `the server responded to ${what} with status ${status}`;
  if (status === 401) return new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', message);
  if (status === 403) return new RunnerError('SECRET_MANAGER_DENIED', message);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 429) return new RunnerError('SECRET_MANAGER_THROTTLED', message, wait);
  return new RunnerError('SECRET_PROVIDER_FAILED', message, { retryable: status >= 500 });
}
