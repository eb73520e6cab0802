import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Authority } from '../certificates.ts';
import { EdgeIndex } from './edge-index.ts';
import { Problem } from './problem.ts';
import { route, type ServerState, type Reply } from './routes.ts';
import { Store } from './store.ts';

/** A fault injected into matching requests. */
export interface Fault {
  /** Matches method and path, for example `PUT /tables/bulk`. */
  readonly on: RegExp;
  /** Matches the body as JSON. Default: any. */
  readonly body?: RegExp;
  /** Number of requests affected. Default 1. */
  times?: number;
  /** Responds with this status instead. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string | Uint8Array;
  /** Never responds. */
  readonly hang?: boolean;
  /** Breaks the connection before or after the request is carried out. */
  readonly reset?: 'before' | 'after';
  /** Carries out the request before responding with `status`. */
  readonly keeps?: boolean;
  /** Delays the response until this resolves. */
  readonly until?: Promise<void>;
  /** Called first. */
  readonly meanwhile?: () => void;
}

export interface OpenMetadataServer {
  readonly host: string;
  readonly port: number;
  readonly hostPort: string;
  readonly store: Store;
  readonly state: ServerState;
  /** Tokens that are accepted. */
  readonly tokens: Set<string>;
  readonly faults: Fault[];
  /** Every request so far as method and path, for example `PUT /tables/bulk`. */
  readonly requests: string[];
  /** Highest number of concurrent requests so far. */
  readonly busiest: number;
  close(): Promise<void>;
}

const HOST = 'catalog.test';

/** An in-memory OpenMetadata server at `https://catalog.test/api`, with a certificate of the authority. */
export async function startOpenMetadataServer(authority: Authority): Promise<OpenMetadataServer> {
  const { certPem, keyPem } = await authority.issue([HOST]);
  const context = newContext();
  const load = { now: 0, most: 0 };
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    load.now += 1;
    load.most = Math.max(load.most, load.now);
    response.once('close', () => (load.now -= 1));
    void serve(request, response, context);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...context,
    host: HOST,
    port,
    hostPort: `https://${HOST}:${port}/api`,
    get busiest() {
      return load.most;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

type ServerContext = Pick<
  OpenMetadataServer,
  'store' | 'state' | 'tokens' | 'faults' | 'requests'
> & {
  readonly edges: EdgeIndex;
};

function newContext(): ServerContext {
  return {
    store: new Store(),
    edges: new EdgeIndex(),
    state: {
      lineage: new Map(),
      profiles: new Map(),
      samples: new Map(),
      statuses: [],
      pipelines: new Set(),
      bulk: true,
    },
    tokens: new Set(),
    faults: [],
    requests: [],
  };
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
  if (fault?.status !== undefined)
    return void response
      .writeHead(fault.status, fault.headers)
      .end(fault.text ?? JSON.stringify({ code: fault.status, message: 'a fault' }));
  const reply = await answer(request, url, body, context);
  if (fault?.reset === 'after') return void request.socket.destroy();
  send(request, response, reply);
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
  request: IncomingMessage,
  url: URL,
  body: unknown,
  { store, state, tokens, edges }: ServerContext,
): Promise<Reply> {
  try {
    const token = /^Bearer (?<token>.+)$/.exec(request.headers.authorization ?? '')?.groups?.[
      'token'
    ];
    if (token === undefined || !tokens.has(token))
      throw new Problem(401, 'Not authorized! Token not present or expired');
    if (!url.pathname.startsWith('/api/v1/')) throw new Problem(404, 'HTTP 404 Not Found');
    const parts = url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
    const work = (): Reply =>
      route(
        {
          method: request.method ?? 'GET',
          parts,
          query: url.searchParams,
          body,
          ifMatch: request.headers['if-match'],
        },
        store,
        state,
      );
    return request.method === 'PUT' && parts[0] === 'lineage'
      ? await edges.put(edgeTo(body), work)
      : work();
  } catch (thrown) {
    const status = thrown instanceof Problem ? thrown.status : 500;
    return {
      status,
      body: { code: status, message: String(thrown instanceof Error ? thrown.message : thrown) },
    };
  }
}

function edgeTo(body: unknown): string {
  return String(
    (body as { readonly edge?: { readonly toEntity?: { readonly id?: unknown } } } | undefined)
      ?.edge?.toEntity?.id,
  );
}

function takeFault(faults: Fault[], title: string, body: unknown): Fault | undefined {
  const index = faults.findIndex(
    (fault) => fault.on.test(title) && (fault.body?.test(JSON.stringify(body ?? null)) ?? true),
  );
  const fault = faults[index];
  if (fault === undefined) return undefined;
  fault.times = (fault.times ?? 1) - 1;
  if (fault.times <= 0) faults.splice(index, 1);
  return fault;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0
    ? undefined
    : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown);
}
