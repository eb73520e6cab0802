import { once } from 'node:events';
import { request as httpsRequest, createServer, type Server } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { createAuthority } from '../../support/certificates.ts';
import type { Exchange } from './exchange.ts';

export interface RecordingProxyOptions {
  /** Where requests go. */
  readonly target: string;
  readonly targetCa: string | undefined;
  readonly port?: number;
  /** The start of a path that is left out of recordings; other paths are not recorded. */
  readonly base: RegExp;
  readonly by: Exchange['by'];
  readonly record: (exchange: Exchange) => void;
}

/** Stands before a server, passes everything on as it is, and tells of each exchange. */
export class RecordingProxy {
  readonly caPem: string;
  readonly #server: Server;

  private constructor(server: Server, caPem: string) {
    this.#server = server;
    this.caPem = caPem;
  }

  static async open(options: RecordingProxyOptions): Promise<RecordingProxy> {
    const authority = await createAuthority('Recording CA');
    const { certPem, keyPem } = await authority.issue(['127.0.0.1', 'localhost']);
    const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
      pass(request, response, options).catch(() => response.destroy());
    });
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    return new RecordingProxy(server, authority.caPem);
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  { target, targetCa, base, by, record }: RecordingProxyOptions,
): Promise<void> {
  const at = performance.now();
  const body = await bytesOf(request);
  const { method = 'GET', url = '/' } = request;
  const { host: _host, ...headers } = request.headers;
  const onward = httpsRequest(new URL(url, target), {
    method,
    headers,
    ...(targetCa === undefined ? {} : { ca: targetCa }),
  });
  onward.end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  const bytes = await bytesOf(answer);
  response.writeHead(answer.statusCode ?? 502, answer.headers).end(bytes);
  if (!base.test(url)) return;
  const status = answer.statusCode ?? 0;
  record({
    method,
    path: url.replace(base, ''),
    by,
    body: jsonOf(body, request.headers),
    status,
    at,
    answer: jsonOf(bytes, answer.headers),
  });
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function jsonOf(bytes: Buffer, headers: IncomingHttpHeaders): unknown {
  const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
  const text = plain.toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
