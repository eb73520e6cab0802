import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Authority } from '../certificates.ts';
import { EdgeIndex } from './edge-index.ts';
import { Problem } from './problem.ts';
import { route, type Annals, type Reply } from './routes.ts';
import { Store } from './store.ts';

/** Something that goes wrong with requests. */
export interface Fault {
  /** Which requests it meets: a method and a path, `PUT /tables/bulk`. */
  readonly on: RegExp;
  /** Only those whose body, as JSON, holds this. */
  readonly body?: RegExp;
  /** How many; 1 by default. */
  times?: number;
  /** Answers this instead. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string | Uint8Array;
  /** Never answers, or breaks the connection: before the work is done, or after it. */
  readonly hang?: boolean;
  readonly reset?: 'before' | 'after';
  /** Does the work before it answers with `status`. */
  readonly keeps?: boolean;
  /** Is answered as usual, but not before. */
  readonly until?: Promise<void>;
  /** Does this first. */
  readonly meanwhile?: () => void;
}

export interface OpenMetadataServer {
  readonly host: string;
  readonly port: number;
  readonly hostPort: string;
  readonly store: Store;
  readonly annals: Annals;
  /** Tokens that are accepted. */
  readonly tokens: Set<string>;
  readonly faults: Fault[];
  /** Every request so far, `PUT /tables/bulk`, without its query. */
  readonly requests: string[];
  /** Requests being worked on at once, at most. */
  readonly busiest: number;
  close(): Promise<void>;
}

/** An OpenMetadata server that keeps its state in memory, at `https://catalog.test/api` for whoever trusts the authority. */
export async function startOpenMetadataServer(authority: Authority): Promise<OpenMetadataServer> {
  const host = 'catalog.test';
  const { certPem, keyPem } = await authority.issue([host]);
  const store = new Store();
  const edges = new EdgeIndex();
  const annals: Annals = {
    lineage: new Map(),
    profiles: new Map(),
    samples: new Map(),
    statuses: [],
    pipelines: new Set(),
    bulk: true,
  };
  const tokens = new Set<string>();
  const faults: Fault[] = [];
  const requests: string[] = [];
  const load = { now: 0, most: 0 };
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    load.now += 1;
    load.most = Math.max(load.most, load.now);
    response.once('close', () => (load.now -= 1));
    void serve(request, response, { store, annals, tokens, faults, requests, edges });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host,
    port,
    hostPort: `https://${host}:${port}/api`,
    store,
    annals,
    tokens,
    faults,
    requests,
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

type Parts = Pick<OpenMetadataServer, 'store' | 'annals' | 'tokens' | 'faults' | 'requests'> & {
  readonly edges: EdgeIndex;
};

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  parts: Parts,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://catalog.test');
  const title = `${request.method} ${decodeURIComponent(url.pathname.replace(/^\/api\/v1/, ''))}`;
  const body = await readBody(request).catch(() => undefined);
  parts.requests.push(title);
  const fault = takeFault(parts.faults, title, body);
  fault?.meanwhile?.();
  await fault?.until;
  if (fault?.hang === true) return;
  if (fault?.reset === 'before') return void request.socket.destroy();
  if (fault?.keeps === true) await answer(request, url, body, parts);
  if (fault?.status !== undefined)
    return void response
      .writeHead(fault.status, fault.headers)
      .end(fault.text ?? JSON.stringify({ code: fault.status, message: 'a fault' }));
  const reply = await answer(request, url, body, parts);
  if (fault?.reset === 'after') return void request.socket.destroy();
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
  { store, annals, tokens, edges }: Parts,
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
        annals,
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
