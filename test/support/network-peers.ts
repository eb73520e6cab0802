import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { ConnectOptions, NetworkSettings } from '../../foundation/src/network/connect.ts';
import type { Endpoint } from '../../foundation/src/network/endpoint.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createAuthority, type Authority, type Leaf } from './certificates.ts';
import { ConnectProxy, type ProxyOptions } from './connect-proxy.ts';

export const HOST = 'acme.my.salesforce.com';
export const ENDPOINT: Endpoint = { host: HOST, port: 443 };

/**
 * Servers and proxies on this machine for tests of connections. They are closed after each test.
 */
export class NetworkPeers {
  readonly #closers: (() => Promise<unknown> | void)[] = [];
  #authority: Authority | undefined;
  #certificate: Leaf | undefined;
  #bytesReceived = 0;

  /** Registers its set-up and clean-up with the test file. */
  constructor() {
    beforeAll(async () => {
      this.#authority = await createAuthority();
      this.#certificate = await this.#authority.issue([HOST, 'proxy.example', '127.0.0.1']);
    });
    afterEach(async () => {
      for (const close of this.#closers.splice(0).toReversed()) await close();
      this.#bytesReceived = 0;
    });
    afterAll(() => expect(this.#closers).toEqual([]));
  }

  /** A CA that `settings()` trusts. */
  get authority(): Authority {
    return this.#authority!;
  }

  /** A certificate for `HOST`, proxy.example and 127.0.0.1. */
  get certificate(): Leaf {
    return this.#certificate!;
  }

  /** Bytes that servers with `greet` have received in this test. */
  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** Listens on a free port, which it returns. */
  async serve(server: Server): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    return (server.address() as AddressInfo).port;
  }

  /** Sends "hello" and counts the bytes that arrive. */
  readonly greet = (socket: Socket): void => {
    socket
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => (this.#bytesReceived += chunk.length));
    socket.write('hello');
  };

  serveTls(leaf = this.certificate, options: tls.TlsOptions = {}): Promise<number> {
    const { certPem: cert, keyPem: key } = leaf;
    return this.serve(tls.createServer({ cert, key, ...options }, this.greet));
  }

  serveTcp(onSocket: (socket: Socket) => void): Promise<number> {
    return this.serve(createServer(onSocket));
  }

  /**
   * A TCP server that sends an answer to the first bytes it receives, and closes the connection.
   */
  answerOnce(answer: string): Promise<number> {
    return this.serveTcp((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.end(answer)),
    );
  }

  async openProxy(options: ProxyOptions = {}): Promise<ConnectProxy> {
    const proxy = await ConnectProxy.open(options);
    this.#closers.push(() => proxy.close());
    return proxy;
  }

  settings(input: Partial<NetworkSettings> = {}): NetworkSettings {
    return {
      connectTo: [],
      proxy: undefined,
      noProxy: [],
      extraCa: [this.authority.caPem],
      publicCas: true,
      ...input,
    };
  }
}

/** A rule that leads `HOST` to a port of this machine. */
export function toPort(port: number): NetworkSettings['connectTo'] {
  return [{ from: ENDPOINT, to: { host: '127.0.0.1', port } }];
}

export function withTls(input: Partial<ConnectOptions> = {}): ConnectOptions {
  return { signal: NEVER, timeoutMs: 3000, tls: {}, ...input };
}

export function withoutTls(): ConnectOptions {
  return { signal: NEVER, timeoutMs: 3000 };
}

/** The first bytes that arrive. Destroys the stream. */
export async function read(stream: Duplex): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  stream.destroy();
  return chunk.toString();
}

/** The error that a connection fails with. */
export async function failure(connecting: Promise<Duplex>): Promise<RunnerError> {
  try {
    (await connecting).destroy();
  } catch (thrown) {
    if (thrown instanceof RunnerError) return thrown;
    throw thrown;
  }
  throw new Error('it connected');
}
