import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls, { type TLSSocket } from 'node:tls';
import { errorCodeOf } from '../runtime/errno.ts';
import { RunnerError } from '../runtime/errors.ts';
import { formatEndpoint, type Endpoint } from './endpoint.ts';
import { settle } from './settle.ts';
import type { TrustOptions, TrustStore } from './trust.ts';

/** Speaks TLS over `stream` as a client. The certificate must be valid for `endpoint.host`, whoever is at the other end. */
export async function secure(
  stream: Duplex,
  endpoint: Endpoint,
  options: TrustOptions,
  trust: TrustStore,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const socket = tls.connect({
    socket: stream,
    servername: isIP(endpoint.host) === 0 ? endpoint.host : '',
    checkServerIdentity: (_name, certificate) =>
      tls.checkServerIdentity(endpoint.host, certificate),
    rejectUnauthorized: true,
    secureContext: trust.context(options),
    ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
  });
  try {
    return await settle<TLSSocket>(socket, signal, (resolve, _reject, listen) =>
      listen('secureConnect', () => resolve(socket)),
    );
  } catch (thrown) {
    socket.on('error', () => undefined).destroy();
    throw signal.aborted ? thrown : untrusted(thrown, endpoint);
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'Renew the certificate; check the clock of this machine too.',
  CERT_NOT_YET_VALID: 'Check the clock of this machine.',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'The certificate is for another name; check the host name, connectTo and proxies that open TLS.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'The other side does not speak TLS on this port; check the port.',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'The other side does not speak TLS on this port; check the port.',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'The other side must offer TLS 1.2 or newer.',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'The other side must offer TLS 1.2 or newer.',
};

function untrusted(thrown: unknown, endpoint: Endpoint): RunnerError {
  const known = RunnerError.from(thrown, 'TLS_UNTRUSTED');
  if (known.code !== 'TLS_UNTRUSTED') return known;
  const code = errorCodeOf(thrown) ?? 'unknown reason';
  const remedy = REMEDIES[code];
  return new RunnerError('TLS_UNTRUSTED', `TLS with ${formatEndpoint(endpoint)} failed: ${code}`, {
    cause: thrown,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
