import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health, Verdict } from './health.ts';

// Invariants: the server answers two paths and reads no request body. An answer is one word of this
// program, so that it may listen without TLS and without a token.

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface Probes {
  readonly port: number;
  close(): Promise<void>;
}

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8 * 1024,
} as const;
const MAX_CONNECTIONS = 32;

/** Serves /livez and /readyz for load balancers, Kubernetes and health checks of containers. */
export async function serveProbes({ host, port }: ListenAddress, health: Health): Promise<Probes> {
  const server = createServer(LIMITS, (request, response) => {
    respond(request, response, health).catch(() => response.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', (_error, socket) => socket.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  await promise;
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  health: Health,
): Promise<void> {
  const { status, text } = await answer(request, health);
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    ...(hasBody(request) ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function answer(request: IncomingMessage, health: Health): Promise<Answer> {
  const { method, url } = request;
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'GET or HEAD only\n' };
  if (hasBody(request)) return { status: 413, text: 'no request body\n' };
  switch (url?.split('?', 1)[0]) {
    case '/livez':
      return probe(health.live());
    case '/readyz':
      return probe(await health.ready());
    default:
      return { status: 404, text: 'not found\n' };
  }
}

function probe({ ok, word }: Verdict): Answer {
  return { status: ok ? 200 : 503, text: `${word}\n` };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) !== 0;
}
