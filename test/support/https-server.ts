import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Connect } from '../../foundation/src/network/connect.ts';
import { createConnect } from '../../foundation/src/network/open.ts';
import { serverIdentity } from './certificates.ts';
import type { SourceUnderTest } from './connector-context.ts';

/**
 * An HTTPS server on this machine under names of its own: a source or a secret provider of a test.
 */
export interface HttpsServer extends SourceUnderTest {
  /** Leads port 443 of its hosts to it. */
  readonly connect: Connect;
  readonly close: () => void;
}

export async function startHttpsServer(
  hosts: readonly string[],
  listener: RequestListener,
  { requestCert = false }: { readonly requestCert?: boolean } = {},
): Promise<HttpsServer> {
  const { caPem, certPem, keyPem } = await serverIdentity(hosts);
  const tls = { cert: certPem, key: keyPem, requestCert, rejectUnauthorized: false };
  const server = createServer(tls, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const to = { host: '127.0.0.1', port };
  const connectTo = hosts.map((host) => ({ from: { host, port: 443 }, to }));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  const connect = createConnect({
    connectTo,
    proxy: undefined,
    noProxy: [],
    extraCa: [caPem],
    publicCas: false,
  });
  return { port, hosts, caPem, connect, close };
}
