import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Connect } from '../../foundation/src/network/connect.ts';
import { type ManagerFault, VALUE } from '../contract/secret-manager.stage.ts';
import { startHttpsServer } from './https-server.ts';
import type { WatchedCredentials } from './watched-credentials.ts';

export interface DoubleRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
  /** The subject of the client certificate; undefined without one. */
  readonly client: string | undefined;
}

export interface DoubleAnswer {
  readonly status: number;
  readonly body?: unknown;
}

export interface DoubleOptions {
  readonly host: string;
  /** Whether a request asks for a secret, so that faults concern it. */
  readonly isSecret: (request: DoubleRequest) => boolean;
  readonly answer: (request: DoubleRequest, fault: ManagerFault | undefined) => DoubleAnswer;
  /** What a denied secret is answered with. */
  readonly denied: DoubleAnswer;
  readonly watched?: WatchedCredentials;
}

export interface ManagerDouble {
  readonly connect: Connect;
  readonly port: number;
  readonly caPem: string;
  readonly fail: (fault: ManagerFault | undefined) => void;
  /** From now on, only requests for secrets are answered. */
  readonly stallSignIns: () => void;
  /** Requests for secrets so far. */
  readonly requests: () => number;
  readonly seen: readonly DoubleRequest[];
}

/** An HTTPS server in the place of a manager, with every fault of the contract. */
export async function startManagerDouble(options: DoubleOptions): Promise<ManagerDouble> {
  const seen: DoubleRequest[] = [];
  let fault: ManagerFault | undefined;
  let isStalled = false;
  const listener = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await received(incoming);
    seen.push(request);
    options.watched?.received(request);
    const isSecret = options.isSecret(request);
    if (!isSecret && isStalled) return;
    if (isSecret && fault !== undefined && failed(fault, response)) return;
    const { status, body } =
      isSecret && fault === 'denied' ? options.denied : options.answer(request, fault);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === undefined ? '' : JSON.stringify(body));
  };
  const server = await startHttpsServer([options.host], (...args) => void listener(...args), {
    requestCert: true,
  });
  onTestFinished(() => server.close());
  return {
    connect: server.connect,
    port: server.port,
    caPem: server.caPem,
    fail: (next) => void (fault = next),
    stallSignIns: () => void (isStalled = true),
    requests: () => seen.filter(options.isSecret).length,
    seen,
  };
}

/** What a server with the fault does with a request for a secret. */
const FAILURES: Partial<Record<ManagerFault, (response: ServerResponse) => unknown>> = {
  throttled: (response) => response.writeHead(429, { 'retry-after': '1' }).end(),
  sealed: (response) => response.writeHead(503).end(),
  cut: (response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('{');
    setImmediate(() => response.destroy());
  },
  garbled: (response) => response.writeHead(200).end(`<html>${VALUE}</html>`),
  slow: () => undefined,
};

/** Whether the fault has dealt with the response. */
function failed(fault: ManagerFault, response: ServerResponse): boolean {
  const failure = FAILURES[fault];
  failure?.(response);
  return failure !== undefined;
}

async function received(incoming: IncomingMessage): Promise<DoubleRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const { subject } = (incoming.socket as TLSSocket).getPeerCertificate();
  return {
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    headers: incoming.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
    client: subject?.CN?.toString(),
  };
}
