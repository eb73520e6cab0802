import { once } from 'node:events';
import { createServer as createPlainServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Leaf } from './certificates.ts';

export interface ProxyOptions {
  /** `user:password` that CONNECT must carry. */
  readonly credentials?: string;
  /** The certificate of an HTTPS proxy. */
  readonly leaf?: Leaf;
  /** Answers CONNECT with these bytes and closes the connection. */
  readonly answer?: string;
  /** Never answers. */
  readonly silent?: boolean;
  /** The actual target of all tunnels. */
  readonly target?: { readonly host: string; readonly port: number };
}

/** An HTTP proxy in this process that supports CONNECT only. */
export class ConnectProxy {
  /** The requested authorities, in order. */
  readonly requested: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  readonly #server: Server;
  readonly #options: ProxyOptions;
  readonly #sockets = new Set<Duplex>();

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#server =
      options.leaf === undefined
        ? createPlainServer()
        : createTlsServer({ cert: options.leaf.certPem, key: options.leaf.keyPem });
    this.#server.on('connection', (socket: Socket) => this.#track(socket));
    this.#server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#connect(request, socket, head),
    );
  }

  static async open(options: ProxyOptions = {}): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #track(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
  }

  #connect(request: IncomingMessage, client: Duplex, head: Buffer): void {
    const { answer, silent, credentials, target } = this.#options;
    client.on('error', () => undefined);
    this.requested.push(request.url ?? '');
    this.headers.push(request.headers);
    if (silent === true) return void client.resume().once('end', () => client.destroy());
    if (answer !== undefined) return void client.end(answer);
    if (
      credentials !== undefined &&
      request.headers['proxy-authorization'] !==
        `Basic ${Buffer.from(credentials).toString('base64')}`
    ) {
      return void client.end(
        `HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="test"\r\n\r\n<html>${credentials}</html>`,
      );
    }
    const requested = new URL(`tcp://${request.url}`);
    const upstream = connect(
      target ?? { host: requested.hostname.replace(/^\[|\]$/g, ''), port: Number(requested.port) },
    );
    this.#track(upstream);
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
    upstream.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  }
}
