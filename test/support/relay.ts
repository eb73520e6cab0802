import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface RelayOptions {
  readonly port: number;
  /** The address to listen on. Default: a free port on loopback. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Delay of each chunk, in both directions. */
  readonly delayMs?: number;
}

/**
 * A TCP relay that can be slow, and can stop forwarding without closing connections, as a failed
 * firewall does.
 */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Sockets whose data is dropped. */
  readonly #mute = new WeakSet<Socket>();
  #frozen = false;
  /** Connections accepted so far. */
  accepted = 0;

  private constructor(options: RelayOptions) {
    this.#server = createServer((client) => this.#join(client, options));
  }

  static async open(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options);
    const { host, port } = options.listen ?? { host: '127.0.0.1', port: 0 };
    relay.#server.listen(port, host);
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * Drops all data from now on, without closing connections. New connections are accepted and get
   * no response.
   */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) this.#silence(socket);
  }

  /** Forwards new connections again; existing ones stay silent. */
  thaw(): void {
    this.#frozen = false;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, { port, delayMs = 0 }: RelayOptions): void {
    const upstream = connect(port, '127.0.0.1');
    this.accepted += 1;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      if (this.#frozen) this.#silence(from);
      from.on('data', (chunk: Buffer) => setTimeout(() => this.#pass(from, to, chunk), delayMs));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!this.#mute.has(from)) setTimeout(() => to.destroy(), delayMs);
      });
      from.on('end', () => setTimeout(() => to.end(), delayMs));
    }
  }

  #silence(socket: Socket): void {
    this.#mute.add(socket);
    socket.pause();
  }

  #pass(from: Socket, to: Socket, chunk: Buffer): void {
    if (this.#mute.has(from) || to.destroyed) return;
    if (to.write(chunk) || from.isPaused()) return;
    from.pause();
    to.once('drain', () => {
      if (!this.#mute.has(from)) from.resume();
    });
  }
}
