import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type Server as TlsServer,
  type TLSSocket,
} from 'node:tls';
import { answerGrpc } from '../link/grpc.ts';
import { WebSocketEndpoint } from '../link/websocket.ts';
import type { Wire } from '../link/wire.ts';

/**
 * HTTP/2 receive window of connections and streams. The default limits a runner to 64 KiB per round
 * trip.
 */
const WINDOW_BYTES = 8 * 1024 * 1024;
const MAX_STREAMS = 16;
const HEADERS_TIMEOUT_MS = 20_000;
/** For HTTP connections. Event streams send keep-alives more often. */
const IDLE_TIMEOUT_MS = 60_000;

export interface PortOptions {
  readonly cert: string;
  readonly key: string;
  readonly onFirstConnection: () => void;
  readonly accept: (wire: Wire) => void;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
}

/**
 * One TLS port for everything. Clients that offer HTTP/1.1 get it (browsers, API clients,
 * WebSocket); a client that offers only HTTP/2 is a gRPC client.
 */
export class Port {
  readonly #tls: TlsServer;
  readonly #http: HttpServer;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<TLSSocket>();

  constructor(options: PortOptions) {
    this.#http = httpServer(options);
    this.#http2 = http2Server(options.accept);
    this.#tls = createTlsServer({
      cert: options.cert,
      key: options.key,
      minVersion: 'TLSv1.2',
      handshakeTimeout: HEADERS_TIMEOUT_MS,
      ALPNCallback: ({ protocols }) =>
        ['http/1.1', 'h2'].find((protocol) => protocols.includes(protocol)),
    });
    this.#tls.once('secureConnection', () => options.onFirstConnection());
    this.#tls.on('secureConnection', (socket) => this.#route(socket));
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** Resolves with the port number. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#tls.once('error', reject);
      this.#tls.listen(port, host, () => resolve((this.#tls.address() as AddressInfo).port));
    });
  }

  /** Accepts no more connections. */
  stopListening(): void {
    this.#tls.close();
  }

  /** Drops the connections that are still open. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #route(socket: TLSSocket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.setNoDelay(true);
    (socket.alpnProtocol === 'h2' ? this.#http2 : this.#http).emit('connection', socket);
  }
}

function httpServer({ answer, accept }: PortOptions): HttpServer {
  const server = createHttpServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: HEADERS_TIMEOUT_MS },
    answer,
  );
  server.setTimeout(IDLE_TIMEOUT_MS);
  const endpoint = new WebSocketEndpoint(accept);
  server.on('upgrade', (request, socket, head) => endpoint.upgrade(request, socket, head));
  server.on('clientError', (_error, socket: Socket | { destroy(): void }) => socket.destroy());
  return server;
}

function http2Server(accept: (wire: Wire) => void): Http2Server {
  const server = createHttp2Server({
    settings: {
      initialWindowSize: WINDOW_BYTES,
      enablePush: false,
      maxConcurrentStreams: MAX_STREAMS,
    },
  });
  server.on('session', (session: ServerHttp2Session) => {
    session.on('error', () => session.destroy());
    session.setLocalWindowSize(WINDOW_BYTES);
  });
  server.on('stream', (stream, headers) => answerGrpc(stream, headers, accept));
  server.on('sessionError', () => undefined);
  return server;
}
