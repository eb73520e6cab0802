import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../../test/support/certificates.ts';
import type { ConnectProxy } from '../../../test/support/connect-proxy.ts';
import {
  ENDPOINT,
  failure,
  NetworkPeers,
  read,
  toPort,
  withoutTls,
  withTls,
} from '../../../test/support/network-peers.ts';
import { createConnect } from './open.ts';

const peers = new NetworkPeers();

describe('createConnect through a proxy', () => {
  const through = (proxy: ConnectProxy, userinfo = ''): string =>
    `http://${userinfo}127.0.0.1:${proxy.port}`;

  it('sends credentials in CONNECT only', async () => {
    const plain: string[] = [];
    const port = await peers.serveTcp((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (chunk: Buffer) => plain.push(chunk.toString('latin1')));
    });
    const proxy = await peers.openProxy({ credentials: 'user:p@ss' });
    const stream = await createConnect(peers.settings({ proxy: through(proxy, 'user:p%40ss@') }))(
      { host: '127.0.0.1', port },
      withoutTls(),
    );
    stream.write('after');
    while (plain.length === 0) await delay(5);
    stream.destroy();
    expect(plain.join('')).toBe('after');
    expect(proxy.requested).toEqual([`127.0.0.1:${port}`]);
  });

  it.each([
    ['407', 'x:secret-pw@'],
    ['407', ''],
  ])('reports the proxy that answers %s, without its credentials', async (status, userinfo) => {
    const error = await failure(
      createConnect(
        peers.settings({
          proxy: through(await peers.openProxy({ credentials: 'user:right-pw' }), userinfo),
        }),
      )(ENDPOINT, withTls()),
    );
    expect(error).toMatchObject({
      code: 'PROXY_REFUSED',
      message: expect.stringContaining(status) as string,
      remedy: expect.stringContaining('user name') as string,
    });
    expect(`${error.message}${error.remedy}`).not.toMatch(/secret-pw|right-pw|html/);
  });

  it.each([
    [
      'denies the tunnel',
      'HTTP/1.1 403 Forbidden\r\n\r\n<html>no</html>',
      /responded with status 403/,
    ],
    [
      'answers in HTML',
      '<html><body>Log in to the hotel</body></html>',
      /sent a response that is not HTTP/,
    ],
    ['sends garbage', '\u0000\u0001\u0002\u0003'.repeat(20), /sent a response that is not HTTP/],
    [
      'never ends its header',
      `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(10_000)}`,
      /sent a response that is not HTTP/,
    ],
    ['sends a malformed status', 'HTTP/1.1 2xx\r\n\r\n', /sent a response that is not HTTP/],
  ])('throws PROXY_REFUSED for a proxy that %s', async (_what, answer, message) => {
    const port = await peers.serveTcp((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.end(answer)),
    );
    const error = await failure(
      createConnect(peers.settings({ proxy: `http://127.0.0.1:${port}` }))(ENDPOINT, withTls()),
    );
    expect(error.code).toBe('PROXY_REFUSED');
    expect(error.message).toMatch(message);
  });

  it('throws NETWORK_RESET when the proxy closes the connection', async () => {
    const port = await peers.serveTcp((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.end()),
    );
    expect(
      (
        await failure(
          createConnect(peers.settings({ proxy: `http://127.0.0.1:${port}` }))(ENDPOINT, withTls()),
        )
      ).code,
    ).toBe('NETWORK_RESET');
  });

  it('reports the phase in the timeout of a proxy that never answers', async () => {
    const error = await failure(
      createConnect(peers.settings({ proxy: through(await peers.openProxy({ silent: true })) }))(
        ENDPOINT,
        withTls({ timeoutMs: 150 }),
      ),
    );
    expect(error).toMatchObject({
      code: 'NETWORK_TIMEOUT',
      message: expect.stringContaining('connecting through the proxy') as string,
    });
  });

  it('accepts the first bytes of the tunnel together with the response', async () => {
    const port = await peers.serveTcp((socket) =>
      socket
        .on('error', () => undefined)
        .once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nhello at once')),
    );
    expect(
      await read(
        await createConnect(peers.settings({ proxy: `http://127.0.0.1:${port}` }))(
          ENDPOINT,
          withoutTls(),
        ),
      ),
    ).toBe('hello at once');
  });

  it('writes IPv6 addresses in brackets', async () => {
    const proxy = await peers.openProxy({
      target: {
        host: '127.0.0.1',
        port: await peers.serveTls(await peers.authority.issue(['2001:db8::1'])),
      },
    });
    expect(
      await read(
        await createConnect(peers.settings({ proxy: through(proxy) }))(
          { host: '2001:db8::1', port: 443 },
          withTls(),
        ),
      ),
    ).toBe('hello');
    expect(proxy.requested).toEqual(['[2001:db8::1]:443']);
  });

  it('connects to hosts in noProxy directly', async () => {
    const proxy = await peers.openProxy();
    const connect = createConnect(
      peers.settings({
        connectTo: toPort(await peers.serveTls()),
        proxy: through(proxy),
        noProxy: ['.salesforce.com'],
      }),
    );
    expect(await read(await connect(ENDPOINT, withTls()))).toBe('hello');
    expect(proxy.requested).toEqual([]);
  });

  it('verifies the certificate of an HTTPS proxy', async () => {
    const proxy = await peers.openProxy({ leaf: await selfSigned(['127.0.0.1']) });
    expect(
      (
        await failure(
          createConnect(peers.settings({ proxy: `https://127.0.0.1:${proxy.port}` }))(
            ENDPOINT,
            withTls(),
          ),
        )
      ).code,
    ).toBe('TLS_UNTRUSTED');
    expect(proxy.requested).toEqual([]);
  });
});
