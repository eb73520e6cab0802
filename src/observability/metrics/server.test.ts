import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createConnection } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { ListenAddress } from './listen-address.ts';
import { serveMetrics, type MetricsPages, type MetricsServer } from './server.ts';

const directory = mkdtempSync(join(tmpdir(), 'metrics-'));
const anyPort: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };
let server: MetricsServer | undefined;
afterEach(() => server?.close());
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const pages: MetricsPages = {
  contentType: 'text/plain; version=0.0.4',
  metrics: () => Promise.resolve('a_total 1\n'),
  live: () => ({ ok: true, word: 'alive' }),
  ready: () => ({ ok: false, word: 'retrying' }),
};

async function serve(address = anyPort, served = pages): Promise<ListenAddress> {
  server = await serveMetrics(address, served);
  return server.address;
}

interface Call {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

async function call(address: ListenAddress, options: Call): Promise<string> {
  const place = address.kind === 'unix' ? { socketPath: address.path } : address;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request({ ...place, ...options }, (response) => {
    void text(response).then((answer) => resolve(`${response.statusCode} ${answer}`), reject);
  })
    .on('error', reject)
    .end();
  return promise;
}

/** Sends bytes as they are and returns what comes back until the connection ends. */
async function exchange(address: ListenAddress, sent: string): Promise<string> {
  const socket = createConnection(address.kind === 'unix' ? { path: address.path } : address);
  socket.write(sent);
  return text(socket);
}

describe('the metrics server', () => {
  it('answers three paths, to GET and HEAD', async () => {
    const address = await serve();
    expect(await call(address, { path: '/metrics' })).toBe('200 a_total 1\n');
    expect(await call(address, { path: '/livez?verbose' })).toBe('200 alive\n');
    expect(await call(address, { path: '/readyz' })).toBe('503 retrying\n');
    expect(await call(address, { path: '/metrics', method: 'HEAD' })).toBe('200 ');
    for (const path of ['/', '/metrics/', '/status', '/debug/pprof', '//metrics'])
      expect(await call(address, { path })).toBe('404 not found\n');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('rejects %s', async (method) => {
    expect(await call(await serve(), { path: '/metrics', method })).toBe('405 GET or HEAD only\n');
  });

  it.each(['Content-Length: 9', 'Transfer-Encoding: chunked'])(
    'reads no request body, and closes a connection that announces one: %s',
    async (header) => {
      const head = `GET /metrics HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`;
      const answer = await exchange(await serve(), head);
      expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close/i);
    },
  );

  it('rejects a request that was sent to another name than loopback', async () => {
    const address = await serve();
    const ask = (host: string): Promise<string> =>
      call(address, { path: '/metrics', headers: { host } });
    expect(await ask('rebound.example.com')).toBe('403 not local\n');
    expect(await ask('127.0.0.1.example.com:9464')).toBe('403 not local\n');
    expect(await ask('localhost:9464')).toBe('200 a_total 1\n');
    expect(await ask('[::1]:9464')).toBe('200 a_total 1\n');
  });

  it('ends a connection whose request is too long, malformed or never finished', async () => {
    const address = await serve();
    expect(await exchange(address, 'nonsense\r\n\r\n')).toBe('');
    const long = `GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await exchange(address, long)).toBe('');
    expect(await exchange(address, 'GET /metrics HTTP/1.1\r\nHost: loc')).toMatch(
      /^(HTTP.* 408 |$)/,
    );
  }, 30_000);

  it('closes the connection when the figures cannot be read', async () => {
    const metrics = (): Promise<string> => Promise.reject(new Error('secret text'));
    const address = await serve(anyPort, { ...pages, metrics });
    await expect(call(address, { path: '/metrics' })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('listens on a Unix socket of its owner, in place of one that a killed process left', async () => {
    const path = join(directory, 'metrics.sock');
    writeFileSync(path, '');
    const address = await serve({ kind: 'unix', path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await call(address, { path: '/livez' })).toBe('200 alive\n');
    await server!.close();
    expect(existsSync(path)).toBe(false);
  });

  it('is not reached through another address of the machine', async () => {
    const address = await serve();
    const port = address.kind === 'tcp' ? address.port : 0;
    const others = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address: host } of others)
      await expect(call({ kind: 'tcp', host, port }, { path: '/livez' })).rejects.toMatchObject({
        code: 'ECONNREFUSED',
      });
  });

  it('says that an address is in use', async () => {
    const address = await serve();
    await expect(serveMetrics(address, pages)).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
    });
  });
});
