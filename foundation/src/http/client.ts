import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Agent, type buildConnector } from 'undici';
import type { Connect, ConnectOptions } from '../network/connect.ts';
import { normalizeHost } from '../network/endpoint.ts';
import { withDeadline } from '../runtime/abort.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ErrorCode } from '../runtime/error-codes.ts';
import { RunnerError } from '../runtime/errors.ts';
import { inflate, receiveBody, type BodyLimits } from './body.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
  /** From the slash on, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Names the request in the error of a missed deadline. Default: the origin. */
  readonly what?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /**
   * Decompresses the body, at each call. Until then the body stays as it was received, a twentieth
   * of its size. Throws RESPONSE_TOO_LARGE, and NETWORK_RESET for a damaged body.
   */
  readonly body: () => Buffer;
}

export interface HttpClientOptions extends Partial<BodyLimits> {
  readonly connect: Connect;
  readonly clock: Clock;
  /** Called for each new connection. */
  readonly tls: (signal: AbortSignal) => Promise<NonNullable<ConnectOptions['tls']>>;
  /** The code of a response whose encoding was not requested. */
  readonly unexpected: ErrorCode;
  /** Whether `http:` is allowed beside `https:`. Default false. */
  readonly allowPlaintext?: boolean;
  /** Open connections to one origin. Default 40. */
  readonly maxSockets?: number;
  /** How long an unused connection stays open. Default 20 s. */
  readonly keepAliveMs?: number;
  /** Name resolution, TCP, proxy and TLS together. Default 20 s. */
  readonly connectMs?: number;
  /** From the request to the headers of its response; 0 for no limit. Default 120 s. */
  readonly headersMs?: number;
  /** Longest silence within a body; 0 for no limit. Default 60 s. */
  readonly bodyIdleMs?: number;
  /** The whole call, waiting for a free connection included. Default 180 s. */
  readonly callMs?: number;
}

const DEFAULTS = {
  allowPlaintext: false,
  maxSockets: 40,
  keepAliveMs: 20_000,
  connectMs: 20_000,
  headersMs: 120_000,
  bodyIdleMs: 60_000,
  callMs: 180_000,
  maxBytes: 64 * 1024 * 1024,
  maxRatio: 200,
} as const;

const MAX_HEADER_BYTES = 64 * 1024;

/**
 * HTTP/1.1 to a source or a catalog, one request at a call and without retries. Every socket comes
 * from the `connect` handed in, so a response cannot make the client reach a host that the policy
 * forbids. Redirects are not followed. No header carries a credential by default: credentials
 * travel in the headers of the one request they belong to.
 */
export class HttpClient {
  readonly #options: Required<HttpClientOptions>;
  readonly #agent: Agent;
  readonly #closed = new AbortController();

  constructor(options: HttpClientOptions) {
    this.#options = { ...DEFAULTS, ...options };
    const { maxSockets, keepAliveMs, headersMs, bodyIdleMs } = this.#options;
    this.#agent = new Agent({
      connections: maxSockets,
      pipelining: 1,
      connect: (target, callback) => void this.#connect(target, callback),
      headersTimeout: headersMs,
      bodyTimeout: bodyIdleMs,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
  }

  /**
   * The response, with any status. Throws NETWORK_*, TLS_UNTRUSTED, HOST_DENIED, DEADLINE_EXCEEDED,
   * RESPONSE_TOO_LARGE, `unexpected` or the signal's reason. The error's `neverSent` is set when no
   * connection was opened.
   */
  async call(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { clock, callMs } = this.#options;
    const what = request.what ?? `a call to ${request.origin}`;
    return withDeadline(what, callMs, clock, signal, (bounded) => this.#send(request, bounded));
  }

  /** Aborts the requests under way and closes all sockets. */
  async close(): Promise<void> {
    const reason = new RunnerError('ABORTED', 'HTTP client closed');
    this.#closed.abort(reason);
    await this.#agent.destroy(reason);
  }

  async #send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { method, origin, path, headers, body = null } = request;
    const defaults = { 'accept-encoding': 'gzip', 'user-agent': 'hybrid-ingestion-runner' };
    try {
      const response = await this.#agent.request({
        method,
        origin,
        path,
        body,
        signal,
        headers: { ...defaults, ...headers },
      });
      const encoding = response.headers['content-encoding'];
      const received = await receiveBody(
        response.body,
        Array.isArray(encoding) ? encoding.join() : encoding,
        this.#options,
      );
      return {
        status: response.statusCode,
        headers: response.headers,
        body: () => inflate(received, this.#options),
      };
    } catch (thrown) {
      throw signal.aborted
        ? RunnerError.from(signal.reason, 'ABORTED')
        : RunnerError.from(thrown, 'NETWORK_RESET');
    }
  }

  async #connect(target: buildConnector.Options, callback: buildConnector.Callback): Promise<void> {
    let socket: Duplex;
    try {
      socket = await this.#open(target);
    } catch (thrown) {
      callback(RunnerError.from(thrown, 'NETWORK_UNREACHABLE').with({ neverSent: true }), null);
      return;
    }
    // undici uses only what a Duplex has, and `setNoDelay` and the like where they exist.
    callback(null, socket as Socket);
  }

  async #open({ protocol, hostname, port }: buildConnector.Options): Promise<Duplex> {
    const { connect, connectMs, tls, allowPlaintext } = this.#options;
    const secure = protocol === 'https:';
    if (!secure && !allowPlaintext)
      throw new RunnerError('HOST_DENIED', 'unencrypted HTTP is not allowed');
    const host = normalizeHost(hostname);
    const endpoint = { host, port: Number(port) || (secure ? 443 : 80) };
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(connectMs)]);
    const options = { signal, timeoutMs: connectMs };
    return connect(endpoint, secure ? { ...options, tls: await tls(signal) } : options);
  }
}
