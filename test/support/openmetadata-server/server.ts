import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Authority } from '../certificates.ts';
import type { AirflowClient } from './airflow-client.ts';
import type { PipelineServiceSettings } from './airflow-session.ts';
import { ServerContext } from './context.ts';
import { takeFault, type Fault } from './faults.ts';
import { routePipelines, type Caller } from './pipeline-routes.ts';
import { Problem } from './problem.ts';
import { inBackground, maskedFor, route, takeTime, withConnection } from './routes.ts';
import type { Reply, Request } from './server-state.ts';
import type { Json } from './store.ts';

export interface ServerOptions {
  /** The name in `hostPort`. The server always listens on 127.0.0.1. */
  readonly host?: string;
  readonly port?: number;
  readonly version?: string;
}

export interface OpenMetadataServer extends Pick<
  ServerContext,
  'store' | 'state' | 'tokens' | 'people' | 'faults' | 'pipelining'
> {
  readonly host: string;
  readonly port: number;
  readonly hostPort: string;
  /** Every request so far as method and path, for example `PUT /tables/bulk`. */
  readonly requests: string[];
  /** Highest number of concurrent requests so far. */
  readonly busiest: number;
  /** Calls back after each answer to a bot. */
  watchBot(onCall: (title: string, status: number) => void): void;
  /** Points the server's pipeline service at another place; undefined disables it. */
  usePipelineService(settings: PipelineServiceSettings | undefined): AirflowClient | undefined;
  /** Restarts, with everything kept: breaks all connections and refuses new ones for some time. */
  interrupt(ms: number): Promise<void>;
  close(): Promise<void>;
}

const HOST = 'catalog.test';

/**
 * An in-memory OpenMetadata server at `https://catalog.test/api`, with a certificate of the
 * authority.
 */
export async function startOpenMetadataServer(
  authority: Authority,
  { host = HOST, port: wanted = 0, version = '1.12.6' }: ServerOptions = {},
): Promise<OpenMetadataServer> {
  const { certPem, keyPem } = await authority.issue([HOST, 'localhost', '127.0.0.1']);
  let port = wanted;
  const hostPort = (): string => `https://${host}:${port}/api`;
  const context = new ServerContext({ version, hostPort });
  const load = { now: 0, most: 0 };
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    load.now += 1;
    load.most = Math.max(load.most, load.now);
    response.once('close', () => (load.now -= 1));
    void serve(request, response, context);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  const { store, state, tokens, people, faults, requests, pipelining } = context;
  return {
    store,
    state,
    tokens,
    people,
    faults,
    requests,
    pipelining,
    host,
    port,
    hostPort: hostPort(),
    get busiest() {
      return load.most;
    },
    watchBot: (onCall) => (context.onBotCall = onCall),
    usePipelineService: (settings) => context.usePipelineService(settings),
    interrupt: async (ms) => {
      await stop(server);
      await delay(ms);
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    close: async () => {
      context.close();
      await stop(server);
    },
  };
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  context: ServerContext,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://catalog.test');
  const title = `${request.method} ${decodeURIComponent(url.pathname.replace(/^\/api\/v1/, ''))}`;
  const body = await readBody(request).catch(() => undefined);
  context.requests.push(title);
  const fault = takeFault(context.faults, title, body);
  fault?.meanwhile?.();
  await fault?.until;
  if (fault?.hang === true) return;
  if (fault?.reset === 'before') return void request.socket.destroy();
  if (fault?.keeps === true) await answer(request, url, body, context);
  if (fault?.status !== undefined) return rejectWith(fault, response);
  const reply = await answer(request, url, body, context);
  if (fault?.reset === 'after') return void request.socket.destroy();
  send(request, response, reply);
  if (isBot(request, context)) context.onBotCall(title, reply.status);
}

function isBot({ headers }: IncomingMessage, { tokens }: ServerContext): boolean {
  return tokens.has(headers.authorization?.replace('Bearer ', '') ?? '');
}

function rejectWith({ status = 500, headers, text }: Fault, response: ServerResponse): void {
  response
    .writeHead(status, headers)
    .end(text ?? JSON.stringify({ code: status, message: 'a fault' }));
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const compressed =
    reply.body !== undefined && request.headers['accept-encoding']?.includes('gzip') === true;
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    ...(reply.etag === undefined ? {} : { etag: reply.etag }),
    ...(compressed ? { 'content-encoding': 'gzip' } : {}),
  });
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body);
  response.end(compressed ? gzipSync(text) : text);
}

async function answer(
  incoming: IncomingMessage,
  url: URL,
  body: unknown,
  context: ServerContext,
): Promise<Reply> {
  try {
    if (url.pathname === '/api/v1/system/version')
      return { status: 200, body: { version: context.version, revision: '', timestamp: 0 } };
    const caller = callerOf(incoming, context);
    if (!url.pathname.startsWith('/api/v1/')) throw new Problem(404, 'HTTP 404 Not Found');
    const request: Request = {
      method: incoming.method ?? 'GET',
      parts: url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent),
      query: url.searchParams,
      body,
      ifMatch: incoming.headers['if-match'],
    };
    return (
      (await routePipelines(request, context.pipelining, caller)) ??
      (await routeEntities(request, context, caller))
    );
  } catch (thrown) {
    const status = thrown instanceof Problem ? thrown.status : 500;
    return {
      status,
      body: { code: status, message: String(thrown instanceof Error ? thrown.message : thrown) },
    };
  }
}

function callerOf(request: IncomingMessage, { tokens, people }: ServerContext): Caller {
  const token = /^Bearer (?<token>.+)$/.exec(request.headers.authorization ?? '')?.groups?.[
    'token'
  ];
  if (token !== undefined && tokens.has(token)) return { name: 'ingestion-bot', bot: true };
  const name = token === undefined ? undefined : people.get(token);
  if (name === undefined) throw new Problem(401, 'Not authorized! Token not present or expired');
  return { name, bot: false };
}

async function routeEntities(
  given: Request,
  { store, state, edges, pipelining }: ServerContext,
  { bot }: Caller,
): Promise<Reply> {
  const request = withConnection(given, store);
  const { method, parts } = request;
  const work = (): Reply =>
    bot ? route(request, store, state) : store.asPerson(() => route(request, store, state));
  if (method === 'PUT' && parts[0] === 'lineage')
    return await edges.put(edgeTo(request.body), work);
  if (method === 'PUT' && parts[1] === 'bulk' && !inBackground(state, request.query))
    await takeTime(request.body as readonly Json[], store, state);
  const reply = work();
  if (method === 'DELETE' && parts[1] === 'databaseServices')
    await pipelining.pipelines.deleteOf(String((reply.body as Json)['name']));
  return maskedFor(bot, reply);
}

function edgeTo(body: unknown): string {
  return String(
    (body as { readonly edge?: { readonly toEntity?: { readonly id?: unknown } } } | undefined)
      ?.edge?.toEntity?.id,
  );
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0
    ? undefined
    : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown);
}
