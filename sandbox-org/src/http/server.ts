import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ApiError } from '../errors.ts';
import { serverNames, type Identity } from '../tls.ts';
import { admit } from './gateway.ts';
import type { GatewayContext, Outcome } from './outcome.ts';
import { readBody, type ReadBody } from './read-body.ts';
import { send } from './reply.ts';

export interface ServerOptions {
  readonly identity: Identity;
  readonly gateway: GatewayContext;
  /** Sleeps; ends early when the sandbox closes. */
  readonly sleep: (millis: number) => Promise<void>;
  /** CAs of client certificates, in PEM. With any, a client certificate is required. */
  readonly clientCas?: readonly string[];
}

/** A TLS server for all hosts of the org. Not listening yet. */
export function createOrgServer(options: ServerOptions): Server {
  const { identity, gateway, clientCas = [] } = options;
  const { stats } = gateway.api;
  const { cert, key } = identity;
  const mutual =
    clientCas.length === 0
      ? {}
      : { requestCert: true, rejectUnauthorized: true, ca: [...clientCas] };
  const server = createServer({
    ...mutual,
    cert,
    key,
    SNICallback: serverNames(identity, clientCas),
    maxHeaderSize: 65_536,
    keepAliveTimeout: 60_000,
  });
  server.on('request', (request, response) => void handle(request, response, options));
  server.on('connection', (socket: Socket) => {
    stats.track(socket);
    socket.once('close', () => stats.untrack(socket));
  });
  return server;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
): Promise<void> {
  const { gateway, sleep } = options;
  const { api } = gateway;
  const log = startLog(request, options);
  const finished = api.usage.begin();
  const door = gateway.hosts.door(request.headers.host);
  const url = new URL(request.url ?? '/', 'https://org.invalid');
  try {
    const { text } = await bodyOf(request);
    const oneWay = api.latency.roundTrip / 2;
    const arrivesAt = performance.now() + oneWay;
    if (oneWay > 0) await sleep(oneWay);
    const sourceAddress = request.socket.remoteAddress ?? '';
    const outcome = await admit(
      { method: request.method ?? 'GET', door, url, headers: request.headers, text, sourceAddress },
      gateway,
    );
    // The modeled time is that of the whole server. What this one took is a part of it, including
    // the time that it was busy with other requests.
    const taken = performance.now() - arrivesAt;
    const wait =
      oneWay +
      Math.max(0, outcome.serverMillis - taken) +
      (outcome.effect?.kind === 'delay' ? outcome.effect.ms : 0);
    if (wait > 0) await sleep(wait);
    await deliver(request, response, outcome, options);
  } catch (error) {
    if (request.complete || error instanceof ApiError) fail(response, error);
    else response.destroy();
  } finally {
    finished();
    const host = door.kind === 'login' || door.kind === 'my-domain' ? door.host : door.kind;
    log(host, url.pathname, response.statusCode);
  }
}

type Log = (host: string, path: string, status: number) => void;

/** Times the request; the result adds it to the log of requests. */
function startLog(request: IncomingMessage, { gateway }: ServerOptions): Log {
  const startedAt = performance.now();
  const client = clientOf(request);
  const method = request.method ?? 'GET';
  return (host, path, status) =>
    gateway.api.stats.log({
      at: new Date(gateway.now()).toISOString(),
      method,
      host,
      path,
      status,
      millis: Math.round(performance.now() - startedAt),
      client,
    });
}

/** The common name on the client's certificate; null where none was presented. */
function clientOf({ socket }: IncomingMessage): string | null {
  const certificate = (socket as TLSSocket).getPeerCertificate() as Partial<
    ReturnType<TLSSocket['getPeerCertificate']>
  > | null;
  const name = certificate?.subject?.CN;
  return typeof name === 'string' ? name : null;
}

async function bodyOf(request: IncomingMessage): Promise<ReadBody> {
  return request.method === 'GET' || request.method === 'HEAD'
    ? { text: '', bytes: 0 }
    : readBody(request);
}

async function deliver(
  request: IncomingMessage,
  response: ServerResponse,
  { reply, effect }: Outcome,
  options: ServerOptions,
): Promise<void> {
  const { gateway, sleep } = options;
  const acceptsGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (response.destroyed) return;
  await send(response, reply, {
    acceptsGzip,
    effect,
    now: gateway.now() + gateway.api.faults.clockOffset(),
    sleep,
  });
}

/** An internal error looks like one of Salesforce: status 500 with an error id. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const text = `An unexpected error occurred. Please include this ErrorId if you contact support: ${Date.now()}-1`;
  const known = error instanceof ApiError ? error : new ApiError(500, 'UNKNOWN_EXCEPTION', text);
  if (known.status === 500)
    process.stderr.write(`sandbox org: ${error instanceof Error ? error.stack : String(error)}\n`);
  response.writeHead(known.status, { 'Content-Type': 'application/json;charset=UTF-8' });
  response.end(known.toJson());
}
