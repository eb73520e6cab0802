import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { MAX_FRAME_BYTES } from './codec.ts';
import { MessageReader } from './message-reader.ts';
import { CLOSE_TIMEOUT_MS, Inbox, type Wire } from './wire.ts';

export const WEBSOCKET_PATH = '/runner/v1/link';
const SUBPROTOCOL = 'hybrid.runner.v1';

/** Accepts upgrades at WEBSOCKET_PATH. */
export class WebSocketEndpoint {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #accept: (wire: Wire) => void;

  constructor(accept: (wire: Wire) => void) {
    this.#accept = accept;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = (request.url ?? '').split('?')[0];
    if (path !== WEBSOCKET_PATH) return refuse(socket, '404 Not Found');
    if (!protocols(request).includes(SUBPROTOCOL)) return refuse(socket, '400 Bad Request');
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#accept(wireOf(webSocket, socket)),
    );
  }
}

function protocols(request: IncomingMessage): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function wireOf(socket: WebSocket, connection: Duplex): Wire {
  const inbox = new Inbox(
    () => socket.pause(),
    () => socket.resume(),
  );
  socket.on('message', (data: Buffer, binary: boolean) => {
    if (binary) inbox.push(data);
    else socket.close(1003, 'only binary messages are accepted');
  });
  readDirectly(connection, (message) => inbox.push(message));
  socket.on('error', () => socket.terminate());
  const closed = Promise.withResolvers<void>();
  socket.on('close', () => {
    inbox.end();
    closed.resolve();
  });
  return {
    kind: 'ws',
    messages: inbox,
    closed: closed.promise,
    send: (message) => {
      if (socket.readyState === socket.OPEN) socket.send(message, { binary: true });
    },
    expect: () => undefined,
    close: (reason) => {
      inbox.end();
      socket.resume();
      socket.close(1001, reason.slice(0, 100));
      setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref();
    },
  };
}

/** ws, which has the only listener, is left what the reader passes on. */
function readDirectly(connection: Duplex, onMessage: (message: Buffer) => void): void {
  const [listener] = connection.listeners('data') as ((bytes: Buffer) => void)[];
  connection.removeAllListeners('data');
  const onOther = (bytes: Buffer): void => listener!.call(connection, bytes);
  const reader = new MessageReader({ maxBytes: MAX_FRAME_BYTES, onMessage, onOther });
  connection.on('data', (chunk: Buffer) => reader.push(chunk));
}
