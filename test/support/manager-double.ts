import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Connect } from '../../foundation/src/network/connect.ts';
import { createConnect } from '../../foundation/src/network/open.ts';
import type { ManagerFault } from '../contract/secret-manager.stage.ts';
import { serverIdentity } from './certificates.ts';
import type { WatchedCredentials } from './watched-credentials.ts';

export interface DoubleRequest {
  readonly method: string;
  readonly host: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface DoubleAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface DoubleOptions {
  /** Reached over TLS at port 443. */
  readonly hosts: readonly string[];
  /** What takes the place of the service that has the secrets. */
  readonly secretHost: string;
  readonly answer: (request: DoubleRequest) => DoubleAnswer | Promise<DoubleAnswer>;
  readonly watched?: WatchedCredentials;
}

/** Servers on this machine in place of a cloud: its services, and its metadata service. */
export interface ManagerDouble {
  /** As the runner connects; leads the hosts and the metadata service to the servers. */
  readonly connect: Connect;
  /** The server with TLS. */
  readonly server: { readonly port: number; readonly caPem: string };
  /** Every connection that `connect` opened. */
  readonly connections: () => number;
  readonly fail: (fault: ManagerFault | undefined) => void;
  readonly fault: () => ManagerFault | undefined;
  /** From now on, only the service that has the secrets responds. */
  readonly stallSignIns: () => void;
}

/** A double: it answers as the documentation of the cloud says, and checks no signature. */
export async function startDouble(options: DoubleOptions): Promise<ManagerDouble> {
  let fault: ManagerFault | undefined;
  let connections = 0;
  let isStalled = false;
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void respond(request, response, options, { fault: () => fault, isStalled: () => isStalled });
  const { caPem, certPem, keyPem } = await serverIdentity(options.hosts);
  const secure = await listen(createTlsServer({ cert: certPem, key: keyPem }, listener));
  const plain = await listen(createServer(listener));
  const open = createConnect({
    connectTo: [
      ...options.hosts.map((host) => ({ from: { host, port: 443 }, to: secure })),
      { from: { host: '169.254.169.254', port: 80 }, to: plain },
    ],
    proxy: undefined,
    noProxy: [],
    extraCa: [caPem],
    publicCas: false,
  });
  return {
    connect: (endpoint, how) => {
      connections += 1;
      return open(endpoint, how);
    },
    server: { port: secure.port, caPem },
    connections: () => connections,
    fail: (next) => void (fault = next),
    fault: () => fault,
    stallSignIns: () => void (isStalled = true),
  };
}

async function listen(server: Server & { closeAllConnections: () => void }) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

async function respond(
  incoming: IncomingMessage,
  response: ServerResponse,
  { secretHost, answer, watched }: DoubleOptions,
  state: { readonly fault: () => ManagerFault | undefined; readonly isStalled: () => boolean },
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = '', headers, url = '/' } = incoming;
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  const body = Buffer.concat(chunks).toString();
  if (host !== secretHost && state.isStalled()) return;
  watched?.received({ url, headers, body });
  const answered = await answer({
    method,
    host,
    url: new URL(url, `https://${host}`),
    headers,
    body,
  });
  const fault = host === secretHost ? state.fault() : undefined;
  if (fault === 'slow') return;
  if (fault === 'cut') {
    response.writeHead(200, { 'content-length': '1000' }).write('{"half');
    setTimeout(() => response.destroy(), 5);
    return;
  }
  if (fault === 'garbled') response.writeHead(200).end('<html>correct horse battery staple');
  else response.writeHead(answered.status, answered.headers).end(answered.body);
}
