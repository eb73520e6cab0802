/*
 * A handshake that also shows the certificates of a server that is not trusted. What must never
 * break: nothing that is secret or that identifies this runner goes over such a connection. The
 * most that is sent is a request for the head of `/`, for the time in its answer.
 */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls, { type TLSSocket } from 'node:tls';
import { formatEndpoint, type Endpoint } from '../../foundation/src/network/endpoint.ts';
import { settle } from '../../foundation/src/network/settle.ts';
import type { TrustStore } from '../../foundation/src/network/trust.ts';
import type { NetworkSettings } from '../../foundation/src/network/connect.ts';
import { chainOf, type Certificate } from './certificates.ts';

export interface Handshake {
  /** For example TLSv1.3. */
  readonly protocol: string;
  /** The server's own certificate first. */
  readonly chain: readonly Certificate[];
  /** Why the certificate is not trusted, as OpenSSL and Node.js name it; undefined if it is. */
  readonly problem: string | undefined;
  /** Time of the server, to the second; undefined if it was not asked or did not say. */
  readonly serverTime: number | undefined;
}

export interface LookOptions {
  readonly endpoint: Endpoint;
  readonly network: NetworkSettings;
  readonly trust: TrustStore;
  readonly asksTime: boolean;
  readonly signal: AbortSignal;
}

/** Ends `stream`. Rejects if there is no handshake. */
export async function lookAtTls(stream: Duplex, options: LookOptions): Promise<Handshake> {
  const { endpoint, network, trust, asksTime, signal } = options;
  const socket = tls.connect({
    socket: stream,
    servername: isIP(endpoint.host) === 0 ? endpoint.host : '',
    checkServerIdentity: (_name, certificate) =>
      tls.checkServerIdentity(endpoint.host, certificate),
    rejectUnauthorized: false,
    secureContext: trust.context({ ca: network.extraCa, publicCas: network.publicCas }),
    ALPNProtocols: ['http/1.1'],
  });
  try {
    await settle<void>(socket, signal, (done, _reject, listen) =>
      listen('secureConnect', () => done()),
    );
    return {
      protocol: socket.getProtocol() ?? 'TLS',
      chain: chainOf(socket.getPeerCertificate(true)),
      problem: socket.authorized ? undefined : problemOf(socket),
      serverTime: asksTime ? await timeOf(socket, endpoint, signal) : undefined,
    };
  } finally {
    socket.on('error', () => undefined).destroy();
    stream.on('error', () => undefined).destroy();
  }
}

/** Node.js gives the name of the problem, or an error for a name that does not match. */
function problemOf(socket: TLSSocket): string {
  const problem: unknown = socket.authorizationError;
  return typeof problem === 'string' ? problem : 'ERR_TLS_CERT_ALTNAME_INVALID';
}

const MAX_HEAD = 16 * 1024;

async function timeOf(
  socket: TLSSocket,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<number | undefined> {
  let head = '';
  try {
    return await settle<number | undefined>(socket, signal, (done, _reject, listen) => {
      listen('data', (chunk: Buffer) => {
        head += chunk.toString();
        if (head.includes('\r\n\r\n') || head.length > MAX_HEAD) done(dateIn(head));
      });
      socket.write(
        `HEAD / HTTP/1.1\r\nHost: ${formatEndpoint(endpoint)}\r\nConnection: close\r\n\r\n`,
      );
    });
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return undefined;
  }
}

function dateIn(head: string): number | undefined {
  const date = /^date:\s*(?<date>.+)$/im.exec(head)?.groups?.['date'];
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? undefined : time;
}
