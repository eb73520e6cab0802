import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls, { type TLSSocket } from 'node:tls';
import { errorCodeOf } from '../runtime/errno.ts';
import { RunnerError } from '../runtime/errors.ts';
import { formatEndpoint, type Endpoint } from './endpoint.ts';
import { settle } from './settle.ts';
import type { TrustOptions, TrustStore } from './trust.ts';

/** Starts TLS on `stream` as a client. The certificate must be valid for `endpoint.host`. */
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
  CERT_HAS_EXPIRED: 'Renew the certificate of the server. Check the clock of this machine as well.',
  CERT_NOT_YET_VALID: 'Check the clock of this machine.',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'Check the host name, connectTo, and proxies that intercept TLS: the certificate is for another name.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'Check the port: the server does not use TLS on it.',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'Check the port: the server does not use TLS on it.',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'Enable TLS 1.2 or later on the server.',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'Enable TLS 1.2 or later on the server.',
};

function untrusted(thrown: unknown, endpoint: Endpoint): RunnerError {
  const known = RunnerError.from(thrown, 'TLS_UNTRUSTED');
  if (known.code !== 'TLS_UNTRUSTED') return known;
  const code = errorCodeOf(thrown) ?? 'unknown reason';
  const remedy = REMEDIES[code];
  return new RunnerError(
    'TLS_UNTRUSTED',
    `TLS handshake with ${formatEndpoint(endpoint)} failed: ${code}`,
    {
      cause: thrown,
      ...(remedy === undefined ? {} : { remedy }),
    },
  );
}
