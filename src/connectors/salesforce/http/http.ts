import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Agent, type buildConnector } from 'undici';
import type { Connect, ConnectOptions } from '../../../network/connect.ts';
import { normalizeHost } from '../../../network/endpoint.ts';
import { withDeadline } from '../../../runtime/abort.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import { inflate, receiveBody } from './body.ts';
import { markNeverSent } from './unsent.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
  /** From the slash on, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /**
   * Decompresses the body, at each call. Until then it is held as it was received, a twentieth of its size. Throws
   * RESPONSE_TOO_LARGE, and NETWORK_RESET for a damaged one.
   */
  readonly body: () => Buffer;
}

export interface HttpOptions {
  readonly connect: Connect;
  readonly clock: Clock;
  /** Asked at each new connection. */
  readonly tls: (signal: AbortSignal) => Promise<NonNullable<ConnectOptions['tls']>>;
  readonly maxSockets?: number;
  /** Name resolution, TCP, proxy and TLS together, in milliseconds. */
  readonly connectMs?: number;
  readonly headersMs?: number;
  /** Longest silence within a body. */
  readonly bodyIdleMs?: number;
  /** The whole call. */
  readonly callMs?: number;
  /** Most bytes of a response, decompressed. */
  readonly maxBytes?: number;
  readonly maxRatio?: number;
}

const DEFAULTS = {
  maxSockets: 40,
  connectMs: 20_000,
  headersMs: 120_000,
  bodyIdleMs: 60_000,
  callMs: 180_000,
  maxBytes: 64 * 1024 * 1024,
  maxRatio: 200,
} as const;

/**
 * HTTP/1.1 to an org. Every socket comes of the `connect` handed in, so nothing is reached that the policy does not
 * allow, whatever an answer says. Redirects are not followed. Nothing is sent by default: credentials travel in the
 * headers of the one request they belong to.
 */
export class Http {
  readonly #options: Required<HttpOptions>;
  readonly #agent: Agent;
  readonly #closed = new AbortController();

  constructor(options: HttpOptions) {
    this.#options = { ...DEFAULTS, ...options };
    const { maxSockets, headersMs, bodyIdleMs } = this.#options;
    this.#agent = new Agent({
      connections: maxSockets,
      pipelining: 1,
      connect: this.#connector(),
      headersTimeout: headersMs,
      bodyTimeout: bodyIdleMs,
      keepAliveTimeout: 20_000,
      maxHeaderSize: 64 * 1024,
    });
  }

  /** Throws NETWORK_*, TLS_UNTRUSTED, HOST_DENIED, DEADLINE_EXCEEDED, RESPONSE_TOO_LARGE or the signal's reason. */
  async call(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { clock, callMs } = this.#options;
    return withDeadline(`a call to ${request.origin}`, callMs, clock, signal, (within) =>
      this.#send(request, within),
    );
  }

  /** Breaks what is under way and closes all sockets. */
  async close(): Promise<void> {
    this.#closed.abort(new RunnerError('ABORTED', 'the connection to the org was closed'));
    await this.#agent.destroy();
  }

  async #send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      const { statusCode, headers, body } = await this.#agent.request({
        method: request.method,
        origin: request.origin,
        path: request.path,
        body: request.body ?? null,
        signal,
        headers: {
          'accept-encoding': 'gzip',
          'user-agent': 'hybrid-ingestion-runner',
          ...request.headers,
        },
      });
      const encoding = headers['content-encoding'];
      const received = await receiveBody(
        body,
        Array.isArray(encoding) ? encoding.join() : encoding,
        this.#options,
      );
      return { status: statusCode, headers, body: () => inflate(received, this.#options) };
    } catch (thrown) {
      throw signal.aborted
        ? RunnerError.from(signal.reason, 'ABORTED')
        : RunnerError.from(thrown, 'NETWORK_RESET');
    }
  }

  #connector(): buildConnector.connector {
    return (target, callback) => void this.#answer(target, callback);
  }

  async #answer(target: buildConnector.Options, callback: buildConnector.Callback): Promise<void> {
    let socket: Duplex;
    try {
      socket = await this.#open(target);
    } catch (thrown) {
      callback(markNeverSent(RunnerError.from(thrown, 'NETWORK_UNREACHABLE')), null);
      return;
    }
    // undici asks of a socket only what a Duplex has, and `setNoDelay` and the like where they exist.
    callback(null, socket as Socket);
  }

  async #open(target: buildConnector.Options): Promise<Duplex> {
    const { connect, connectMs, tls } = this.#options;
    if (target.protocol !== 'https:')
      throw new RunnerError('HOST_DENIED', 'only https is spoken to a source');
    const endpoint = {
      host: normalizeHost(target.hostname),
      port: target.port === '' ? 443 : Number(target.port),
    };
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(connectMs)]);
    return connect(endpoint, { signal, timeoutMs: connectMs, tls: await tls(signal) });
  }
}
