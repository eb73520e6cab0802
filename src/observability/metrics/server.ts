import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { formatListenAddress, isLocal, type ListenAddress } from './listen-address.ts';

// Invariants: the server answers three paths and reads no request body. On loopback it answers only
// requests that were sent to loopback, so that a web page on this machine cannot read it under a
// name of its own. An answer has figures and words of this program, and no message of an error.

/** Whether all is well, in one word. */
export interface Probe {
  readonly ok: boolean;
  readonly word: string;
}

export interface MetricsPages {
  readonly contentType: string;
  readonly metrics: () => Promise<string>;
  readonly live: () => Probe;
  readonly ready: () => Probe;
}

export interface MetricsServer {
  /** The address with the port that was chosen, if it was 0. */
  readonly address: ListenAddress;
  close(): Promise<void>;
}

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8 * 1024,
} as const;
const MAX_CONNECTIONS = 32;
const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/**
 * Serves /metrics, /livez and /readyz. A socket left by a killed process is removed. Throws
 * ADDRESS_UNAVAILABLE.
 */
export async function serveMetrics(
  address: ListenAddress,
  pages: MetricsPages,
): Promise<MetricsServer> {
  const local = isLocal(address) && address.kind === 'tcp';
  const server = createServer(LIMITS, (request, response) => {
    respond(request, response, pages, local).catch(() => response.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', (_error, socket) => socket.destroy());
  if (address.kind === 'unix') await rm(address.path, { force: true });
  await listen(server, address);
  if (address.kind === 'unix') await chmod(address.path, 0o600);
  server.unref();
  return {
    address: boundTo(server, address),
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
      if (address.kind === 'unix') await rm(address.path, { force: true });
    },
  };
}

async function listen(server: Server, address: ListenAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (thrown) =>
    reject(
      new RunnerError(
        'ADDRESS_UNAVAILABLE',
        `failed to listen on ${formatListenAddress(address)} for metrics`,
        { cause: thrown },
      ),
    ),
  );
  if (address.kind === 'unix') server.listen(address.path, resolve);
  else server.listen({ host: address.host, port: address.port }, resolve);
  await promise;
}

function boundTo(server: Server, address: ListenAddress): ListenAddress {
  const bound = server.address();
  return address.kind === 'tcp' && bound !== null && typeof bound === 'object'
    ? { ...address, port: bound.port }
    : address;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  pages: MetricsPages,
  local: boolean,
): Promise<void> {
  const { status, type = 'text/plain; charset=utf-8', text } = await answer(request, pages, local);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    ...(hasBody(request) ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly text: string;
}

async function answer(
  request: IncomingMessage,
  pages: MetricsPages,
  local: boolean,
): Promise<Answer> {
  const { method, url, headers } = request;
  if (local && !LOCAL_HOST.test(headers.host ?? '')) return { status: 403, text: 'not local\n' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'GET or HEAD only\n' };
  if (hasBody(request)) return { status: 413, text: 'no request body\n' };
  switch (url?.split('?', 1)[0]) {
    case '/metrics':
      return { status: 200, type: pages.contentType, text: await pages.metrics() };
    case '/livez':
      return probe(pages.live());
    case '/readyz':
      return probe(pages.ready());
    default:
      return { status: 404, text: 'not found\n' };
  }
}

function probe({ ok, word }: Probe): Answer {
  return { status: ok ? 200 : 503, text: `${word}\n` };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) !== 0;
}
