import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Pool, type buildConnector } from 'undici';
import { RunnerError } from '../../runtime/errors.ts';
import type { Connect, ConnectOptions } from '../../network/connect.ts';
import { normalizeHost, type Endpoint } from '../../network/endpoint.ts';

export interface TransportOptions {
  /** Where the API is, as `openMetadataServerConfig.hostPort` says it: `https://catalog.example.com/api`. */
  readonly hostPort: string;
  readonly connect: Connect;
  /** Extra trust and the client certificate of this server's `sslConfig`. */
  readonly tls: NonNullable<ConnectOptions['tls']>;
  /** Connections held open at most. */
  readonly connections: number;
  /** For opening a connection, in milliseconds. */
  readonly connectTimeoutMs: number;
}

export interface RawRequest {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the API's base, for example `/v1/tables`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A page of 100 wide tables takes a few MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** HTTP/1.1 over connections that `connect` opens; follows no redirect. */
export class Transport {
  readonly #pool: Pool;
  readonly #base: string;
  readonly #closing = new AbortController();
  /** Whether the token crosses the network in the clear. */
  readonly plain: boolean;

  constructor(options: TransportOptions) {
    const url = apiUrl(options.hostPort);
    this.plain = url.protocol === 'http:';
    this.#base = url.pathname;
    this.#pool = new Pool(url.origin, {
      connections: options.connections,
      connect: opener(url, options, this.#closing.signal),
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Throws NETWORK_* and RESPONSE_TOO_LARGE; an HTTP error is an answer here. The caller's signal is the deadline. */
  async exchange(request: RawRequest, signal: AbortSignal): Promise<RawAnswer> {
    const { statusCode, headers, body } = await this.#pool.request({
      method: request.method,
      path: this.#base + request.path,
      headers: { 'accept-encoding': 'gzip', ...request.headers },
      body: request.body ?? null,
      signal,
    });
    const text = await readText(body, headers['content-encoding'] === 'gzip');
    return { status: statusCode, headers, text };
  }

  async close(): Promise<void> {
    const reason = new RunnerError('ABORTED', 'the sink was closed');
    this.#closing.abort(reason);
    await this.#pool.destroy(reason);
  }
}

/** Counts what comes out of the compression, so that a small answer cannot become a huge one. */
async function readText(body: Readable, compressed: boolean): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const collect = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES)
        throw new RunnerError(
          'RESPONSE_TOO_LARGE',
          `the OpenMetadata server sent more than ${MAX_ANSWER_BYTES} bytes`,
        );
      chunks.push(chunk);
    }
  };
  await (compressed ? pipeline(body, createGunzip(), collect) : pipeline(body, collect));
  return Buffer.concat(chunks).toString('utf8');
}

/** Throws INPUT_INVALID. A bare origin gets the `/api` that every OpenMetadata server has. */
export function apiUrl(hostPort: string): URL {
  const url = URL.canParse(hostPort) ? new URL(hostPort) : undefined;
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new RunnerError(
      'INPUT_INVALID',
      'openMetadataServerConfig.hostPort is not the address of an API',
      { remedy: 'Write for example https://catalog.example.com/api.' },
    );
  }
  url.pathname = url.pathname.replace(/\/+$/, '') || '/api';
  return url;
}

export function apiEndpoint(url: URL): Endpoint {
  return {
    host: normalizeHost(url.hostname),
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
  };
}

function opener(
  url: URL,
  { connect, tls, connectTimeoutMs }: TransportOptions,
  signal: AbortSignal,
): buildConnector.connector {
  const secure = url.protocol === 'https:';
  const endpoint = apiEndpoint(url);
  const open = async (callback: buildConnector.Callback): Promise<void> => {
    try {
      const stream = await connect(endpoint, {
        signal,
        timeoutMs: connectTimeoutMs,
        ...(secure ? { tls } : {}),
      });
      callback(null, stream as Socket);
    } catch (thrown) {
      callback(RunnerError.from(thrown, 'NETWORK_UNREACHABLE'), null);
    }
  };
  return (_options, callback) => void open(callback);
}
