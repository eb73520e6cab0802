import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import type { Leaf } from './certificates.ts';

export interface MiddleboxOptions {
  /** The certificate that clients see. */
  readonly leaf: Leaf;
  /** The server behind it. */
  readonly port: number;
  readonly ca: string;
  readonly blocks?: NetworkChannel;
}

export interface Middlebox {
  readonly port: number;
  close(): Promise<void>;
}

const FORBIDDEN =
  'HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 7\r\nConnection: close\r\n\r\nblocked';

/**
 * A device that ends TLS in front of a server, as companies have them, and can block a protocol.
 */
export async function openMiddlebox(options: MiddleboxOptions): Promise<Middlebox> {
  const { leaf } = options;
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  };
  const server = tls.createServer(
    { cert: leaf.certPem, key: leaf.keyPem, ALPNProtocols: ['http/1.1', 'h2'] },
    (client) => {
      track(client);
      client.once('data', (first: Buffer) => relay(client, first, options, track));
    },
  );
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function relay(
  client: TLSSocket,
  first: Buffer,
  { port, ca, blocks }: MiddleboxOptions,
  track: (socket: Socket) => void,
): void {
  const protocol = client.alpnProtocol === 'h2' ? 'h2' : 'http/1.1';
  if (blocks === 'grpc' && protocol === 'h2') return void client.destroy();
  if (blocks === 'ws' && /^upgrade: websocket/im.test(first.toString('latin1')))
    return void client.end(FORBIDDEN);
  const server = tls.connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca,
    ALPNProtocols: [protocol],
  });
  track(server);
  server.write(first);
  client.pipe(server).pipe(client);
}
