import { once } from 'node:events';
import type { Http2SecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import type { Dialer } from '../../src/channel/channel.ts';
import { ConnectionDialer } from '../../src/channel/connection-dialer.ts';
import { GRPC } from '../../src/channel/grpc.ts';
import { WEB_SOCKET } from '../../src/channel/websocket.ts';
import type { NetworkSettings } from '../../foundation/src/network/connect.ts';
import { createConnect } from '../../foundation/src/network/open.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { createAuthority, type Authority } from '../support/certificates.ts';
import type { Peer, PeerServer } from './channel.contract.ts';
import { serveGrpc, serveWebSocket } from './channel.servers.ts';

export const HOST = 'plane.test';

let shared: Promise<Authority> | undefined;

export function authority(): Promise<Authority> {
  shared ??= createAuthority();
  return shared;
}

export interface DialOptions {
  readonly host?: string;
  /** The port of the actual server; by default that of the stage. */
  readonly port?: number;
  readonly timeoutMs?: number;
  readonly settings?: Partial<NetworkSettings>;
}

/** A TLS server of one kind on loopback with the name plane.test, and dialers to it. */
export class NetworkStage {
  readonly kind: NetworkChannel;
  readonly server: PeerServer;
  readonly caPem: string;
  #acceptors: ((end: Peer) => void)[] = [];
  #ends: Peer[] = [];

  private constructor(kind: NetworkChannel, server: PeerServer, caPem: string) {
    this.kind = kind;
    this.server = server;
    this.caPem = caPem;
    server.onEnd((end) => {
      const acceptor = this.#acceptors.shift();
      if (acceptor === undefined) this.#ends.push(end);
      else acceptor(end);
    });
  }

  /** `windowBytes` is the receive window of a gRPC server. */
  static async open(kind: NetworkChannel, windowBytes?: number): Promise<NetworkStage> {
    const ca = await authority();
    const leaf = await ca.issue([HOST]);
    return new NetworkStage(
      kind,
      await (kind === 'ws' ? serveWebSocket(leaf) : serveGrpc(leaf, windowBytes)),
      ca.caPem,
    );
  }

  dialer({
    host = HOST,
    port = this.server.port,
    timeoutMs = 5_000,
    settings = {},
  }: DialOptions = {}): Dialer {
    return dialerTo(this.kind, this.caPem, { host, port, timeoutMs, settings });
  }

  accepted(): Promise<Peer> {
    const end = this.#ends.shift();
    return end === undefined
      ? new Promise((resolve) => this.#acceptors.push(resolve))
      : Promise.resolve(end);
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

export function dialerTo(
  kind: NetworkChannel,
  caPem: string,
  { host = HOST, port = 0, timeoutMs = 5_000, settings = {} }: DialOptions,
): Dialer {
  const connect = createConnect({
    connectTo: [{ from: { host, port: 443 }, to: { host: '127.0.0.1', port } }],
    proxy: undefined,
    noProxy: [],
    extraCa: [caPem],
    publicCas: true,
    ...settings,
  });
  const options = { url: `wss://${host}`, connect, clock: systemClock, timeoutMs };
  return kind === 'ws'
    ? new ConnectionDialer(WEB_SOCKET, options)
    : new ConnectionDialer(GRPC, options);
}

/** Listens on a free loopback port and resolves with it. */
export async function portOf(server: Server | Http2SecureServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
