import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Http2SecureServer, SecureServerOptions, ServerHttp2Session } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import {
  Metadata,
  Server as GrpcServer,
  ServerCredentials,
  status,
  type ServerDuplexStream,
} from '@grpc/grpc-js';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Leaf } from '../support/certificates.ts';
import type { Peer, PeerServer } from './channel.contract.ts';

const http2 = createRequire(import.meta.url)('node:http2') as {
  createSecureServer: (options: SecureServerOptions) => Http2SecureServer;
};
const WINDOW_BYTES = 8 * 1024 * 1024;

/** Messages received by a peer. */
export class Mailbox {
  readonly #messages: Buffer[] = [];
  readonly closed: Promise<void>;
  readonly #closed = Promise.withResolvers<void>();
  #arrived = Promise.withResolvers<void>();

  constructor() {
    this.closed = this.#closed.promise;
  }

  push(message: Buffer): void {
    this.#messages.push(message);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers<void>();
  }

  end(): void {
    this.#closed.resolve();
  }

  async next(): Promise<Buffer> {
    while (this.#messages.length === 0) await this.#arrived.promise;
    return this.#messages.shift()!;
  }
}

/** The WebSocket endpoint of a control plane, made of ws and node:https only. */
export async function serveWebSocket(leaf: Leaf): Promise<PeerServer> {
  const server = createServer({ cert: leaf.certPem, key: leaf.keyPem });
  const sockets = new WebSocketServer({
    server,
    path: '/runner/v1/link',
    handleProtocols: (offered) => offered.has('hybrid.runner.v1') && 'hybrid.runner.v1',
    perMessageDeflate: false,
  });
  return await listening(
    server,
    (accept) =>
      sockets.on('connection', (socket, request) => accept(webSocketPeer(socket, request.socket))),
    () => sockets.close(),
  );
}

function webSocketPeer(socket: WebSocket, connection: Socket): Peer {
  const mailbox = new Mailbox();
  socket.on('message', (data: Buffer) => mailbox.push(data));
  socket.on('error', () => undefined);
  socket.on('close', () => mailbox.end());
  return {
    next: () => mailbox.next(),
    closed: mailbox.closed,
    send: (message) => socket.send(message),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.close(1000),
    cut: () => socket.terminate(),
    text: () => socket.send('not binary'),
    raw: (bytes) => void connection.write(bytes),
  };
}

/** The gRPC endpoint of a control plane, made of grpc-js: the reference for the wire format. */
export async function serveGrpc(leaf: Leaf, windowBytes = WINDOW_BYTES): Promise<PeerServer> {
  const sockets = new Set<Socket>();
  const ends: ((end: Peer) => void)[] = [];
  const server = new GrpcServer({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  });
  const bytes = (message: Buffer): Buffer => message;
  server.addService(
    {
      connect: {
        path: '/hybrid.runner.v1.RunnerLink/Connect',
        requestStream: true,
        responseStream: true,
        requestSerialize: bytes,
        requestDeserialize: bytes,
        responseSerialize: bytes,
        responseDeserialize: bytes,
      },
    },
    {
      connect: (call: ServerDuplexStream<Buffer, Buffer>) =>
        ends.forEach((accept) => accept(grpcPeer(call))),
    },
  );
  const port = await withWideWindows(
    sockets,
    windowBytes,
    () =>
      new Promise<number>((resolve, reject) => {
        const credentials = ServerCredentials.createSsl(null, [
          { cert_chain: Buffer.from(leaf.certPem), private_key: Buffer.from(leaf.keyPem) },
        ]);
        server.bindAsync('127.0.0.1:0', credentials, (error, bound) =>
          error === null ? resolve(bound) : reject(error),
        );
      }),
  );
  return {
    port,
    onEnd: (accept) => ends.push(accept),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.forceShutdown();
    },
  };
}

/**
 * Sets the receive window on the HTTP/2 server that grpc-js creates, because grpc-js has no option
 * for it.
 */
async function withWideWindows<T>(
  sockets: Set<Socket>,
  windowBytes: number,
  work: () => Promise<T>,
): Promise<T> {
  const original = http2.createSecureServer;
  http2.createSecureServer = (options) => {
    const server = original({
      ...options,
      settings: { ...options.settings, initialWindowSize: windowBytes },
    });
    server.on('session', (session: ServerHttp2Session) => session.setLocalWindowSize(windowBytes));
    server.on('connection', (socket: Socket) => sockets.add(socket));
    return server;
  };
  try {
    return await work();
  } finally {
    http2.createSecureServer = original;
  }
}

function grpcPeer(call: ServerDuplexStream<Buffer, Buffer>): Peer {
  const mailbox = new Mailbox();
  call.sendMetadata(new Metadata());
  call.on('data', (data: Buffer) => mailbox.push(data));
  call.on('error', () => mailbox.end());
  call.on('end', () => {
    mailbox.end();
    call.end();
  });
  call.on('cancelled', () => mailbox.end());
  return {
    next: () => mailbox.next(),
    closed: mailbox.closed,
    send: (message) => void call.write(Buffer.from(message)),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    end: () => call.end(),
    cut: () => void call.emit('error', { code: status.UNAVAILABLE, details: 'shutting down' }),
  };
}

async function listening(
  server: ReturnType<typeof createServer>,
  accept: (accept: (end: Peer) => void) => void,
  stop: () => void,
): Promise<PeerServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    onEnd: accept,
    close: async () => {
      stop();
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
