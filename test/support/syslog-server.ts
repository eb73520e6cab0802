import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type SecureVersion, type Server, type TLSSocket } from 'node:tls';
import type { Connect } from '../../foundation/src/network/connect.ts';
import { createConnect } from '../../foundation/src/network/open.ts';
import { createAuthority, type Authority } from './certificates.ts';

/** What a server does with its next connections. */
export type Conduct =
  | 'read'
  | 'neverRead'
  | 'neverEnd'
  /** Without close_notify. */
  | 'plainEnd'
  | 'talk'
  | { readonly cutAfter: number };

const HOST = 'syslog.example.com';
export const SERVER = { host: HOST, port: 6514 };

interface ServerOptions {
  /** In its certificate. */
  readonly names?: readonly string[];
  /** Whether it wants a client certificate of its authority. */
  readonly mutual?: boolean;
  readonly authority?: Authority;
  readonly maxVersion?: SecureVersion;
}

/** A syslog server with TLS that takes frames of RFC 5425 and nothing else. */
export class SyslogServer {
  readonly authority: Authority;
  readonly port: number;
  /** Every complete message, in the order of arrival. */
  readonly messages: string[] = [];
  /** Why a connection did not consist of whole frames. */
  readonly faults: string[] = [];
  conduct: Conduct = 'read';
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, authority: Authority) {
    this.#server = server;
    this.authority = authority;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    });
    server.on('secureConnection', (socket: TLSSocket) => this.#take(socket));
    server.on('tlsClientError', () => undefined);
  }

  static async start({
    names = [HOST],
    mutual = false,
    authority,
    maxVersion = 'TLSv1.3',
  }: ServerOptions = {}): Promise<SyslogServer> {
    const ca = authority ?? (await createAuthority('Syslog CA'));
    const { certPem: cert, keyPem: key } = await ca.issue(names);
    const client = { ca: ca.caPem, requestCert: mutual, rejectUnauthorized: mutual };
    const server = createServer({ cert, key, maxVersion, ...client, allowHalfOpen: true }).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    return new SyslogServer(server, ca);
  }

  /** Leads `SERVER` to it. */
  connect(): Connect {
    return createConnect({
      connectTo: [{ from: SERVER, to: { host: '127.0.0.1', port: this.port } }],
      proxy: undefined,
      noProxy: [],
      extraCa: [this.authority.caPem],
      publicCas: false,
    });
  }

  /** The lines of the trail in the messages, each with the header before it. */
  lines(): readonly { readonly header: string; readonly text: string }[] {
    return this.messages.map((message) => {
      const start = message.indexOf('{');
      return { header: message.slice(0, start - 1), text: message.slice(start) };
    });
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(socket: TLSSocket): void {
    this.connections += 1;
    const { conduct } = this;
    socket.on('error', () => undefined);
    if (conduct === 'neverRead') return void socket.pause();
    if (conduct === 'talk') socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    let rest: Buffer = Buffer.alloc(0);
    let seen = 0;
    socket.on('data', (bytes: Buffer) => {
      seen += bytes.byteLength;
      if (typeof conduct === 'object' && seen > conduct.cutAfter) {
        const kept = bytes.byteLength - (seen - conduct.cutAfter);
        this.#parse(Buffer.concat([rest, bytes.subarray(0, Math.max(0, kept))]));
        socket.removeAllListeners('data').removeAllListeners('end');
        return this.cut();
      }
      rest = this.#parse(Buffer.concat([rest, bytes]));
    });
    socket.on('end', () => {
      if (rest.byteLength > 0) this.faults.push(`ends with ${rest.toString('latin1', 0, 40)}`);
      if (conduct === 'plainEnd') for (const raw of this.#sockets) raw.end();
      else if (conduct !== 'neverEnd') socket.end();
    });
  }

  /** Returns what is not a whole frame yet. */
  #parse(bytes: Buffer): Buffer {
    let rest = bytes;
    for (;;) {
      const space = rest.indexOf(0x20);
      if (space < 0) return rest;
      const length = rest.toString('latin1', 0, space);
      if (!/^[1-9]\d{0,5}$/.test(length)) {
        this.faults.push(`${JSON.stringify(length)} is not a length`);
        return Buffer.alloc(0);
      }
      const end = space + 1 + Number(length);
      if (rest.byteLength < end) return rest;
      this.messages.push(rest.toString('utf8', space + 1, end));
      rest = rest.subarray(end);
    }
  }
}
