import { once } from 'node:events';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createAuthority,
  selfSigned,
  type Authority,
  type Leaf,
} from '../../test/support/certificates.ts';
import { ConnectProxy, type ProxyOptions } from '../../test/support/connect-proxy.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { ConnectOptions, NetworkSettings } from './connect.ts';
import type { Endpoint } from './endpoint.ts';
import { createConnect, type Resolve } from './open.ts';

const HOST = 'acme.my.salesforce.com';
const closers: (() => Promise<unknown> | void)[] = [];
let authority: Authority;
let good: Leaf;
let bytesSeen = 0;

beforeAll(async () => {
  authority = await createAuthority();
  good = await authority.issue([HOST, 'proxy.example', '127.0.0.1']);
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  bytesSeen = 0;
});
afterAll(() => expect(closers).toEqual([]));

/** Listens on a free port; says "hello" to whoever gets through, and counts what it is sent. */
async function serve(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

function greet(socket: Socket): void {
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (bytesSeen += chunk.length));
  socket.write('hello');
}

const serveTls = (leaf: Leaf, options: tls.TlsOptions = {}): Promise<number> =>
  serve(tls.createServer({ cert: leaf.certPem, key: leaf.keyPem, ...options }, greet));
const serveTcp = (onSocket: (socket: Socket) => void): Promise<number> =>
  serve(createTcpServer(onSocket));

async function openProxy(options: ProxyOptions = {}): Promise<ConnectProxy> {
  const proxy = await ConnectProxy.open(options);
  closers.push(() => proxy.close());
  return proxy;
}

function settings(given: Partial<NetworkSettings> = {}): NetworkSettings {
  return {
    connectTo: [],
    proxy: undefined,
    noProxy: [],
    extraCa: [authority.caPem],
    publicCas: true,
    ...given,
  };
}

const toPort = (port: number, host = HOST): NetworkSettings['connectTo'] => [
  { from: { host, port: 443 }, to: { host: '127.0.0.1', port } },
];

function options(given: Partial<ConnectOptions> = {}): ConnectOptions {
  return { signal: new AbortController().signal, timeoutMs: 3000, tls: {}, ...given };
}

async function read(stream: Duplex): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  stream.destroy();
  return chunk.toString();
}

async function failure(connecting: Promise<Duplex>): Promise<RunnerError> {
  try {
    (await connecting).destroy();
  } catch (thrown) {
    if (thrown instanceof RunnerError) return thrown;
    throw thrown;
  }
  throw new Error('it connected');
}

const asked: Endpoint = { host: HOST, port: 443 };

describe('a connection', () => {
  it('goes where connectTo says, and is verified for the name asked for', async () => {
    const port = await serveTls(good);
    const stream = await createConnect(settings({ connectTo: toPort(port) }))(asked, options());
    expect((stream as tls.TLSSocket).servername).toBe(HOST);
    expect(await read(stream)).toBe('hello');
  });

  it('is plain TCP when no TLS is asked for', async () => {
    const port = await serveTcp(greet);
    expect(
      await read(
        await createConnect(settings())(
          { host: '127.0.0.1', port },
          options({ tls: undefined } as never),
        ),
      ),
    ).toBe('hello');
  });

  it('is verified by address when an address is asked for', async () => {
    const port = await serveTls(good);
    expect(
      await read(await createConnect(settings())({ host: '127.0.0.1', port }, options())),
    ).toBe('hello');
    const other = await serveTls(await authority.issue([HOST]));
    expect(
      (await failure(createConnect(settings())({ host: '127.0.0.1', port: other }, options())))
        .code,
    ).toBe('TLS_UNTRUSTED');
  });

  it('agrees on a protocol and shows the client certificate', async () => {
    const client = await authority.issue(['runner'], { client: true });
    const seen: string[] = [];
    const server = tls.createServer(
      {
        cert: good.certPem,
        key: good.keyPem,
        ca: authority.caPem,
        requestCert: true,
        rejectUnauthorized: true,
        ALPNProtocols: ['h2'],
      },
      (socket) => {
        seen.push(`${socket.getPeerCertificate().subject.CN as string} ${socket.alpnProtocol}`);
        greet(socket);
      },
    );
    const port = await serve(server);
    const stream = await createConnect(settings({ connectTo: toPort(port) }))(
      asked,
      options({ tls: { cert: client.certPem, key: client.keyPem, alpn: ['h2'] } }),
    );
    expect(await read(stream)).toBe('hello');
    expect(seen).toEqual(['runner h2']);
  });

  it('trusts a CA given for this connection alone', async () => {
    const port = await serveTls(good);
    const connect = createConnect(settings({ connectTo: toPort(port), extraCa: [] }));
    expect((await failure(connect(asked, options()))).code).toBe('TLS_UNTRUSTED');
    expect(await read(await connect(asked, options({ tls: { ca: [authority.caPem] } })))).toBe(
      'hello',
    );
  });

  it('refuses a host that would smuggle bytes into a request', async () => {
    const proxy = await openProxy();
    const connect = createConnect(settings({ proxy: `http://127.0.0.1:${proxy.port}` }));
    for (const host of ['evil.example\r\nX: y', 'a b', 'user@host', '', 'fe80::1%eth0']) {
      expect((await failure(connect({ host, port: 443 }, options()))).code).toBe('INPUT_INVALID');
    }
    expect(proxy.asked).toEqual([]);
  });

  it('says INPUT_INVALID for a certificate that is none', async () => {
    const port = await serveTls(good);
    expect(
      (
        await failure(
          createConnect(settings({ connectTo: toPort(port) }))(
            asked,
            options({ tls: { cert: 'x', key: 'y' } }),
          ),
        )
      ).code,
    ).toBe('INPUT_INVALID');
  });

  it.each([
    ['no PEM', 'ca.pem'],
    ['damaged', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
  ])(
    'says INPUT_INVALID for an authority that is %s, instead of going on without it',
    async (_how, ca) => {
      const port = await serveTls(good);
      expect(
        (
          await failure(
            createConnect(settings({ connectTo: toPort(port) }))(
              asked,
              options({ tls: { ca: [ca] } }),
            ),
          )
        ).code,
      ).toBe('INPUT_INVALID');
    },
  );
});

describe.each(['direct', 'http proxy', 'https proxy'] as const)('TLS, %s', (way) => {
  async function attempt(leaf: Leaf, tlsOptions: tls.TlsOptions = {}): Promise<RunnerError> {
    const port = await serveTls(leaf, tlsOptions);
    const before = bytesSeen;
    const proxy =
      way === 'direct' ? undefined : await openProxy(way === 'https proxy' ? { leaf: good } : {});
    const scheme = way === 'https proxy' ? 'https' : 'http';
    const connect = createConnect(
      settings({
        connectTo: toPort(port),
        proxy: proxy === undefined ? undefined : `${scheme}://127.0.0.1:${proxy.port}`,
      }),
    );
    const error = await failure(connect(asked, options()));
    expect(bytesSeen).toBe(before);
    return error;
  }

  it('refuses a certificate that vouches for itself', async () => {
    expect(await attempt(await selfSigned([HOST]))).toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining('SELF_SIGNED') as string,
    });
  });
  it('refuses a certificate for another host', async () => {
    expect(
      await attempt(
        await authority.issue([
          'acme.my.salesforce.com.evil.example',
          'evilacme.my.salesforce.com',
        ]),
      ),
    ).toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining('ALTNAME') as string,
    });
  });
  it('refuses an expired certificate', async () => {
    expect(
      await attempt(await authority.issue([HOST], { fromDays: -9, untilDays: -1 })),
    ).toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining('EXPIRED') as string,
    });
  });
  it('refuses a certificate of the future', async () => {
    expect(await attempt(await authority.issue([HOST], { fromDays: 1 }))).toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining('NOT_YET_VALID') as string,
    });
  });
  it('refuses a certificate of an unknown CA', async () => {
    expect((await attempt(await (await createAuthority('Other CA')).issue([HOST]))).code).toBe(
      'TLS_UNTRUSTED',
    );
  });
  it('refuses TLS 1.1', async () => {
    expect(
      (
        await attempt(good, {
          minVersion: 'TLSv1.1',
          maxVersion: 'TLSv1.1',
          ciphers: 'DEFAULT@SECLEVEL=0',
        })
      ).code,
    ).toBe('TLS_UNTRUSTED');
  });
  it('goes through when the certificate is good', async () => {
    await expect(attempt(good)).rejects.toThrow('it connected');
  });
});

describe('a proxy', () => {
  const through = (proxy: ConnectProxy, userinfo = ''): string =>
    `http://${userinfo}127.0.0.1:${proxy.port}`;

  it('gets credentials in CONNECT and only there', async () => {
    const plain: string[] = [];
    const port = await serveTcp((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (chunk: Buffer) => plain.push(chunk.toString('latin1')));
    });
    const proxy = await openProxy({ credentials: 'user:p@ss' });
    const stream = await createConnect(settings({ proxy: through(proxy, 'user:p%40ss@') }))(
      { host: '127.0.0.1', port },
      options({ tls: undefined } as never),
    );
    stream.write('after');
    while (plain.length === 0) await delay(5);
    stream.destroy();
    expect(plain.join('')).toBe('after');
    expect(proxy.asked).toEqual([`127.0.0.1:${port}`]);
  });

  it.each([
    ['407', 'x:secret-pw@'],
    ['407', ''],
  ])('that answers %s is named, its credentials are not', async (status, userinfo) => {
    const error = await failure(
      createConnect(
        settings({ proxy: through(await openProxy({ credentials: 'user:right-pw' }), userinfo) }),
      )(asked, options()),
    );
    expect(error).toMatchObject({
      code: 'PROXY_REFUSED',
      message: expect.stringContaining(status) as string,
      remedy: expect.stringContaining('user name') as string,
    });
    expect(`${error.message}${error.remedy}`).not.toMatch(/secret-pw|right-pw|html/);
  });

  it.each([
    ['forbids', 'HTTP/1.1 403 Forbidden\r\n\r\n<html>no</html>', /answered 403/],
    [
      'answers in HTML',
      '<html><body>Log in to the hotel</body></html>',
      /does not answer like a proxy/,
    ],
    ['answers garbage', '\u0000\u0001\u0002\u0003'.repeat(20), /does not answer like a proxy/],
    [
      'answers without end',
      `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(10_000)}`,
      /does not answer like a proxy/,
    ],
    ['answers with a broken status', 'HTTP/1.1 2xx\r\n\r\n', /does not answer like a proxy/],
  ])('that %s is PROXY_REFUSED', async (_what, answer, message) => {
    const port = await serveTcp((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.end(answer)),
    );
    const error = await failure(
      createConnect(settings({ proxy: `http://127.0.0.1:${port}` }))(asked, options()),
    );
    expect(error.code).toBe('PROXY_REFUSED');
    expect(error.message).toMatch(message);
  });

  it('that hangs up is a broken connection', async () => {
    const port = await serveTcp((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.end()),
    );
    expect(
      (
        await failure(
          createConnect(settings({ proxy: `http://127.0.0.1:${port}` }))(asked, options()),
        )
      ).code,
    ).toBe('NETWORK_RESET');
  });

  it('that hangs ends with the deadline, which names the phase', async () => {
    const error = await failure(
      createConnect(settings({ proxy: through(await openProxy({ silent: true })) }))(
        asked,
        options({ timeoutMs: 150 }),
      ),
    );
    expect(error).toMatchObject({
      code: 'NETWORK_TIMEOUT',
      message: expect.stringContaining('asking the proxy') as string,
    });
  });

  it('may send the first bytes of the tunnel together with its answer', async () => {
    const port = await serveTcp((socket) =>
      socket
        .on('error', () => undefined)
        .once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nhello at once')),
    );
    expect(
      await read(
        await createConnect(settings({ proxy: `http://127.0.0.1:${port}` }))(
          asked,
          options({ tls: undefined } as never),
        ),
      ),
    ).toBe('hello at once');
  });

  it('is asked for IPv6 addresses in brackets', async () => {
    const proxy = await openProxy({
      target: { host: '127.0.0.1', port: await serveTls(await authority.issue(['2001:db8::1'])) },
    });
    expect(
      await read(
        await createConnect(settings({ proxy: through(proxy) }))(
          { host: '2001:db8::1', port: 443 },
          options(),
        ),
      ),
    ).toBe('hello');
    expect(proxy.asked).toEqual(['[2001:db8::1]:443']);
  });

  it('is left out for hosts in noProxy', async () => {
    const proxy = await openProxy();
    const connect = createConnect(
      settings({
        connectTo: toPort(await serveTls(good)),
        proxy: through(proxy),
        noProxy: ['.salesforce.com'],
      }),
    );
    expect(await read(await connect(asked, options()))).toBe('hello');
    expect(proxy.asked).toEqual([]);
  });

  it('over TLS must itself be trusted', async () => {
    const proxy = await openProxy({ leaf: await selfSigned(['127.0.0.1']) });
    expect(
      (
        await failure(
          createConnect(settings({ proxy: `https://127.0.0.1:${proxy.port}` }))(asked, options()),
        )
      ).code,
    ).toBe('TLS_UNTRUSTED');
    expect(proxy.asked).toEqual([]);
  });
});

describe('the address check', () => {
  const refuse = (address: string): void => {
    throw new RunnerError('ADDRESS_DENIED', `${address} is denied`);
  };

  it('is called with every address before anything is connected', async () => {
    let connected = 0;
    const port = await serveTcp((socket) => {
      connected++;
      socket.destroy();
    });
    const checked: string[] = [];
    const resolve: Resolve = async () => ['127.0.0.1', '10.0.0.1'];
    const connect = createConnect(settings(), resolve);
    const check = (address: string): void => {
      checked.push(address);
      if (address === '10.0.0.1') refuse(address);
    };
    expect(
      (await failure(connect({ host: HOST, port }, options({ checkAddress: check })))).code,
    ).toBe('ADDRESS_DENIED');
    expect(checked).toEqual(['127.0.0.1', '10.0.0.1']);
    expect(connected).toBe(0);
  });

  it('sees what is connected to, even when the resolver changes its answer each time', async () => {
    const port = await serveTls(good);
    let queries = 0;
    const resolve: Resolve = async () => (queries++ % 2 === 0 ? ['127.0.0.1'] : ['127.0.0.2']);
    const connect = createConnect(settings(), resolve);
    const reached: (string | undefined)[] = [];
    for (let round = 0; round < 20; round++) {
      const checked: string[] = [];
      const stream = await connect(
        { host: HOST, port },
        options({ checkAddress: (address) => checked.push(address) }),
      ).catch(() => undefined);
      if (stream === undefined) continue;
      reached.push((stream as tls.TLSSocket).remoteAddress);
      expect(checked).toEqual(['127.0.0.1']);
      stream.destroy();
    }
    expect({ reached, queries }).toEqual({
      reached: Array.from({ length: 10 }, () => '127.0.0.1'),
      queries: 20,
    });
  });

  it('is not asked about targets of connectTo, nor behind a proxy', async () => {
    const port = await serveTls(good);
    expect(
      await read(
        await createConnect(settings({ connectTo: toPort(port) }))(
          asked,
          options({ checkAddress: refuse }),
        ),
      ),
    ).toBe('hello');
    const proxy = await openProxy({ target: { host: '127.0.0.1', port } });
    expect(
      await read(
        await createConnect(settings({ proxy: `http://127.0.0.1:${proxy.port}` }))(
          asked,
          options({ checkAddress: refuse }),
        ),
      ),
    ).toBe('hello');
  });

  it('asks about a literal address too', async () => {
    expect(
      (
        await failure(
          createConnect(settings())(
            { host: '127.0.0.1', port: 9 },
            options({ checkAddress: refuse }),
          ),
        )
      ).code,
    ).toBe('ADDRESS_DENIED');
  });
});

describe('what goes wrong', () => {
  it('is NETWORK_UNREACHABLE for a name nobody knows and for a closed port, with the phase', async () => {
    const unknown: Resolve = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    expect(await failure(createConnect(settings(), unknown)(asked, options()))).toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: expect.stringContaining('resolving the name') as string,
    });
    expect(
      await failure(createConnect(settings({ connectTo: toPort(1) }))(asked, options())),
    ).toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: expect.stringContaining(`${HOST}:443 (at 127.0.0.1:1)`) as string,
    });
  });

  it('is NETWORK_TIMEOUT when TLS never answers', async () => {
    const port = await serveTcp(() => undefined);
    expect(
      await failure(
        createConnect(settings({ connectTo: toPort(port) }))(asked, options({ timeoutMs: 100 })),
      ),
    ).toMatchObject({
      code: 'NETWORK_TIMEOUT',
      message: expect.stringContaining('TLS handshake') as string,
    });
  });

  it('is NETWORK_TIMEOUT when the resolver never answers', async () => {
    expect(
      (
        await failure(
          createConnect(settings(), () => new Promise(() => undefined))(
            asked,
            options({ timeoutMs: 50 }),
          ),
        )
      ).code,
    ).toBe('NETWORK_TIMEOUT');
  });

  it('is TLS_UNTRUSTED when the other side speaks something else', async () => {
    const port = await serveTcp((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    expect(
      (await failure(createConnect(settings({ connectTo: toPort(port) }))(asked, options()))).code,
    ).toBe('TLS_UNTRUSTED');
  });

  it('is NETWORK_RESET when the other side hangs up in the handshake', async () => {
    const port = await serveTcp((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.destroy()),
    );
    expect(
      (await failure(createConnect(settings({ connectTo: toPort(port) }))(asked, options()))).code,
    ).toBe('NETWORK_RESET');
  });

  it('is the signal’s reason when the signal fires in any phase', async () => {
    const reason = new RunnerError('CANCELLED', 'stop');
    const silent = await serveTcp(() => undefined);
    const proxy = await openProxy({ silent: true });
    const ways = [
      createConnect(settings(), () => new Promise(() => undefined)),
      createConnect(settings({ connectTo: toPort(silent) })),
      createConnect(settings({ proxy: `http://127.0.0.1:${proxy.port}` })),
    ];
    for (const connect of ways) {
      const controller = new AbortController();
      const connecting = failure(connect(asked, options({ signal: controller.signal })));
      await delay(30);
      controller.abort(reason);
      expect(await connecting).toBe(reason);
    }
    const gone = AbortSignal.abort(reason);
    expect(await failure(ways[1]!(asked, options({ signal: gone })))).toBe(reason);
  });

  it('leaves no socket behind', async () => {
    const proxy = await openProxy();
    const port = await serveTls(await selfSigned([HOST]));
    const connect = createConnect(
      settings({ connectTo: toPort(port), proxy: `http://127.0.0.1:${proxy.port}` }),
    );
    for (let round = 0; round < 10; round++) await failure(connect(asked, options()));
    const silent = await openProxy({ silent: true });
    const hanging = createConnect(settings({ proxy: `http://127.0.0.1:${silent.port}` }));
    await Promise.all(
      Array.from({ length: 10 }, () => failure(hanging(asked, options({ timeoutMs: 100 })))),
    );
    expect(silent.asked).toHaveLength(10);
    for (let patience = 0; proxy.openSockets + silent.openSockets > 0 && patience < 100; patience++)
      await delay(10);
    expect(proxy.openSockets + silent.openSockets).toBe(0);
  });
});
