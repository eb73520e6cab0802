import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The started servers, closed together. */
export class Listeners {
  readonly #started: Server[] = [];

  /** Listens on loopback. Resolves with the port; rejects if it is not available. */
  async start(server: Server, port: number): Promise<number> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    this.#started.push(server);
    return (server.address() as AddressInfo).port;
  }

  /**
   * Breaks the server's connections and refuses new ones. Resolves with a function that listens on
   * the same port again.
   */
  async suspend(server: Server): Promise<() => Promise<void>> {
    const { port } = server.address() as AddressInfo;
    this.#started.splice(this.#started.indexOf(server), 1);
    await close(server);
    return async () => void (await this.start(server, port));
  }

  /** Breaks all connections and waits until every server has closed. */
  async closeAll(): Promise<void> {
    await Promise.all(this.#started.splice(0).map(close));
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
