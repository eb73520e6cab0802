import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createConnect } from '../network/open.ts';
import { systemClock } from '../runtime/clock.ts';
import { RunnerError } from '../runtime/errors.ts';
import { HttpClient, type HttpClientOptions, type HttpRequest } from './client.ts';
import { isOutcomeUnknown } from './outcome.ts';

const { signal } = new AbortController();
const connect = createConnect({
  connectTo: [],
  proxy: undefined,
  noProxy: [],
  extraCa: [],
  publicCas: true,
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closers.push(async () => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = new HttpClient({
    connect,
    clock: systemClock,
    tls: () => Promise.resolve({}),
    unexpected: 'SINK_FAILED',
    allowPlaintext: true,
    ...options,
  });
  closers.unshift(() => client.close());
  return client;
}

const get = (origin: string): HttpRequest => ({ method: 'GET', origin, path: '/a?b', headers: {} });

describe('an HTTP client', () => {
  it('sends one request and returns its response with any status', async () => {
    const origin = await serve((request, response) => {
      response.writeHead(503, { 'content-encoding': 'gzip', 'retry-after': '7' });
      response.end(gzipSync(`${request.method} ${request.url}`));
    });
    const { status, headers, body } = await open().call(get(origin), signal);
    expect([status, headers['retry-after'], body().toString()]).toEqual([503, '7', 'GET /a?b']);
  });

  it('follows no redirect', async () => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await open().call(get(origin), signal)).toMatchObject({ status: 302 });
    expect(requests).toBe(1);
  });

  it('marks an error as never sent when no connection was opened', async () => {
    const origin = await serve(() => undefined);
    await closers.pop()!();
    const error = await open()
      .call(get(origin), signal)
      .catch((thrown: unknown) => thrown as RunnerError);
    expect(error).toMatchObject({ code: 'NETWORK_UNREACHABLE', neverSent: true });
  });

  it('reports an unknown outcome if the connection breaks after the request', async () => {
    const origin = await serve((request) => request.socket.destroy());
    const error = await open()
      .call(get(origin), signal)
      .catch((thrown: unknown) => thrown as RunnerError);
    expect(error).toMatchObject({ code: 'NETWORK_RESET', neverSent: false });
    expect(isOutcomeUnknown(error as RunnerError)).toBe(true);
  });

  it('ends a call at its deadline, which names the call', async () => {
    const origin = await serve(() => undefined);
    await expect(
      open({ callMs: 50 }).call({ ...get(origin), what: 'list of tables' }, signal),
    ).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('list of tables') as string,
    });
  });

  it('ends pending requests when it is closed', async () => {
    const received = Promise.withResolvers<void>();
    const origin = await serve(() => received.resolve());
    const client = open();
    const call = client.call(get(origin), signal);
    const outcome = expect(call).rejects.toMatchObject({ code: 'ABORTED' });
    await received.promise;
    await client.close();
    await outcome;
  });

  it('rejects unencrypted HTTP unless it is allowed', async () => {
    await expect(
      open({ allowPlaintext: false }).call(get('http://127.0.0.1:9'), signal),
    ).rejects.toMatchObject({ code: 'HOST_DENIED', neverSent: true });
  });
});

describe('an unknown outcome', () => {
  it.each([
    ['DEADLINE_EXCEEDED', false, true],
    ['NETWORK_TIMEOUT', false, true],
    ['NETWORK_TIMEOUT', true, false],
    ['NETWORK_UNREACHABLE', false, false],
    ['SINK_BUSY', false, false],
  ] as const)('with %s, never sent: %s, is reported as %s', (code, neverSent, expected) => {
    expect(isOutcomeUnknown(new RunnerError(code, 'x', { neverSent }))).toBe(expected);
  });
});
