import type { Dialer } from '../../src/channel/channel.ts';
import { ConnectionDialer } from '../../src/channel/connection-dialer.ts';
import { GRPC } from '../../src/channel/grpc.ts';
import { WEB_SOCKET } from '../../src/channel/websocket.ts';
import type { NetworkSettings } from '../../src/network/connect.ts';
import { createConnect } from '../../src/network/open.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createAuthority, type Authority } from '../support/certificates.ts';
import type { FarEnd, FarServer } from './channel.contract.ts';
import { serveGrpc, serveWebSocket } from './channel.servers.ts';

export const HOST = 'plane.test';

let shared: Promise<Authority> | undefined;

export function authority(): Promise<Authority> {
  shared ??= createAuthority();
  return shared;
}

export interface DialOptions {
  readonly host?: string;
  /** Where the bytes really go; the server of the stage when left out. */
  readonly port?: number;
  readonly timeoutMs?: number;
  readonly settings?: Partial<NetworkSettings>;
}

/** A TLS server of one kind on loopback under the name plane.test, and dialers that find it. */
export class NetworkStage {
  readonly kind: 'ws' | 'grpc';
  readonly server: FarServer;
  readonly caPem: string;
  #waiting: ((end: FarEnd) => void)[] = [];
  #ends: FarEnd[] = [];

  private constructor(kind: 'ws' | 'grpc', server: FarServer, caPem: string) {
    this.kind = kind;
    this.server = server;
    this.caPem = caPem;
    server.onEnd((end) => {
      const taker = this.#waiting.shift();
      if (taker === undefined) this.#ends.push(end);
      else taker(end);
    });
  }

  static async open(kind: 'ws' | 'grpc'): Promise<NetworkStage> {
    const ca = await authority();
    const leaf = await ca.issue([HOST]);
    return new NetworkStage(
      kind,
      await (kind === 'ws' ? serveWebSocket(leaf) : serveGrpc(leaf)),
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

  accepted(): Promise<FarEnd> {
    const end = this.#ends.shift();
    return end === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(end);
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

export function dialerTo(
  kind: 'ws' | 'grpc',
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
