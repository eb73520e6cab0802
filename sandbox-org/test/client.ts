import { request as httpsRequest } from 'node:https';
import { gunzipSync } from 'node:zlib';
import type { Sandbox } from '../src/sandbox.ts';

export interface TestReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** After decompression. */
  readonly text: string;
  /** Bytes as they came. */
  readonly bytes: number;
}

export interface TestCall {
  readonly method?: string;
  readonly host?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** Calls the sandbox by its real host name over real TLS, as a client with the CA file would. */
export function call(
  sandbox: Sandbox,
  { method = 'GET', host = 'acme.my.salesforce.com', path, headers = {}, body }: TestCall,
): Promise<TestReply> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port: sandbox.port,
        servername: host,
        ca: sandbox.caPem,
        method,
        path,
        headers: { Host: host, ...headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const raw = Buffer.concat(chunks);
          const text =
            response.headers['content-encoding'] === 'gzip'
              ? gunzipSync(raw).toString()
              : raw.toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            bytes: raw.length,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

export async function signIn(sandbox: Sandbox): Promise<string> {
  const { consumerKey, consumerSecret } = sandbox.credentials;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: consumerKey,
    client_secret: consumerSecret,
  });
  const reply = await call(sandbox, {
    method: 'POST',
    path: '/services/oauth2/token',
    body: form.toString(),
  });
  return (JSON.parse(reply.text) as { access_token: string }).access_token;
}

/** A parsed answer; tests know the shape that they expect. */
export interface JsonReply extends TestReply {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the shape, as a cast would
  json<T = Record<string, unknown>>(): T;
}

/** A signed-in caller of one API version that parses what it gets. */
export async function apiOf(
  sandbox: Sandbox,
  version = '66.0',
): Promise<(path: string, more?: Partial<TestCall>) => Promise<JsonReply>> {
  const token = await signIn(sandbox);
  return async (path, more = {}) => {
    const reply = await call(sandbox, {
      path: `/services/data/v${version}${path}`,
      ...more,
      headers: { Authorization: `Bearer ${token}`, ...more.headers },
    });
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
    return { ...reply, json: <T>() => JSON.parse(reply.text) as T };
  };
}

export const queryPath = (soql: string, api = ''): string =>
  `${api}/query?q=${encodeURIComponent(soql)}`;

export function composite(
  items: readonly { path: string; headers?: Record<string, string> }[],
): Partial<TestCall> {
  const compositeRequest = items.map(({ path, headers }, i) => ({
    method: 'GET',
    url: `/services/data/v66.0${path}`,
    referenceId: `r${i}`,
    httpHeaders: headers ?? {},
  }));
  return {
    method: 'POST',
    body: JSON.stringify({ compositeRequest }),
    headers: { 'Content-Type': 'application/json' },
  };
}
